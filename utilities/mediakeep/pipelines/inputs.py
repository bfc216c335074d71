"""The input files of a session."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.item import ScannedItem
from mediakeep.pipelines.configuration import PipelineInput


class Inputs(msgspec.Struct, frozen=True):
    """Input files, and the folder that all of them are in; the outputs have the same folders."""

    root: Path
    files: tuple[Path, ...]

    @classmethod
    def from_files(cls, files: Iterable[Path]) -> Inputs:
        """Return the files that a command or Python names, without duplicates."""
        found = tuple(dict.fromkeys(file.expanduser().absolute() for file in files))
        if not found:
            raise UsageError("No input files are given.")
        return cls(Path(os.path.commonpath([file.parent for file in found])), found)

    def list_items(self) -> list[ScannedItem]:
        """Return the files as items of a queue, whose keys are their paths below the folder."""
        places = [file.relative_to(self.root) for file in self.files]
        stems = [path_text.normalize_name(str(place.with_suffix(""))) for place in places]
        counts = Counter(stems)
        return [
            ScannedItem(
                key=path_text.escape_path(place),
                path=path_text.escape_path(file),
                fingerprint="",
                fields={"shares_stem": 1} if counts[stem] > 1 else {},
            )
            for place, file, stem in zip(places, self.files, stems, strict=True)
        ]


def find_inputs(given: PipelineInput, output: Path) -> Inputs:
    """Return the input files of a pipeline, sorted; hidden ones and those in `output` are left out.

    Raise UsageError if there are none, or if the outputs would lie among them.
    """
    top = path_text.to_path(given.path)
    shown = path_text.display_path(top)
    if top.is_file():
        return Inputs(top.parent, (top,))
    if not top.is_dir():
        raise UsageError(f"The input {shown} does not exist. Correct the path, then run again.")
    if top.resolve() == output.resolve():
        raise UsageError(f"{shown} is input and output folder. Choose another output folder.")
    endings = tuple(f".{name.lower().lstrip('.')}" for name in given.formats)
    files = tuple(
        path
        for path in sorted(_walk(top, output, recursive=given.recursive))
        if path.name.lower().endswith(endings) and path.is_file()
    )
    if not files:
        kinds = ", ".join(endings)
        raise UsageError(f"{shown} has no files that end with {kinds}. Correct path or formats.")
    return Inputs(top, files)


def _walk(top: Path, output: Path, *, recursive: bool) -> Iterator[Path]:
    """Yield the files below a folder, without those that are hidden."""

    def refuse(error: OSError) -> None:
        shown = path_text.display_path(error.filename)
        raise UsageError(f"{shown} cannot be read: {error.strerror}.") from error

    for folder, inner, names in os.walk(top, onerror=refuse):
        yield from (Path(folder, name) for name in names if name[0] != ".")
        inner[:] = [
            name
            for name in inner
            if recursive and name[0] != "." and Path(folder, name).resolve() != output.resolve()
        ]
