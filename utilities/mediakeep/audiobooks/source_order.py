"""The order in which the files of a book are joined."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.media.audio import tags
from mediakeep.media.audio.model import Tags

Order = Literal["tags", "natural", "alphabetical", "list"]
_SHOWN_FILES = 5  # in messages; more are counted
_NUMBER = re.compile(r"\d+")
_TAG_NUMBER = re.compile(r"\d{1,9}")


class SourceFile(msgspec.Struct, frozen=True):
    """A file of a book with the tags that order and name it; numbers are 0 if missing."""

    path: Path
    disc: int = 0
    track: int = 0
    title: str = ""


class OrderedSources(msgspec.Struct, frozen=True):
    """The files of a book in order, how they were ordered, and why, as a clause."""

    sources: tuple[SourceFile, ...]
    order: Order
    reason: str


def read_source_file(path: Path) -> SourceFile:
    """Read the tags of a file that order it; raise Unreadable or NotAudio."""
    return build_source_file(path, tags.read(path).tags)


def build_source_file(path: Path, found: Tags) -> SourceFile:
    """Return a file with the tags that order and name it."""
    title = found.title[0].strip() if found.title else ""
    return SourceFile(path, _to_number(found.disc), _to_number(found.track), title)


def find_root(path: Path, folders: Sequence[Path]) -> Path:
    """Return the folder that contains a file; the innermost one if folders contain each other."""
    above = [folder for folder in folders if path.is_relative_to(folder)]
    return max(above, key=lambda folder: len(folder.parts))


def display_source(path: Path, folders: Sequence[Path]) -> str:
    """Return the path of a file for display: below its folder, with its name if there are more."""
    root = find_root(path, folders)
    if path == root:
        return path_text.display_path(path)
    return path_text.display_path(path.relative_to(root if len(folders) == 1 else root.parent))


def order_sources(sources: Sequence[SourceFile], root: Path, order: str) -> OrderedSources:
    """Order the files below a folder by "auto", "tags", "natural", "alphabetical", or a list.

    "auto" means by tags if all files have a track number and no two are equal, else natural. Any
    other order is the path of a text file that names each file once, one a line, relative to
    `root`. Raises UsageError.
    """
    if order == "natural":
        return _order_naturally(sources, root, "chosen")
    if order == "alphabetical":
        by_name = sorted(sources, key=lambda source: _relative(source, root))
        return OrderedSources(tuple(by_name), "alphabetical", "chosen")
    if order in ("auto", "tags"):
        problem = _find_tag_problem(sources)
        if not problem:
            by_tags = sorted(sources, key=lambda source: (source.disc, source.track))
            reason = "each file has its own disc and track number"
            return OrderedSources(tuple(by_tags), "tags", reason)
        if order == "tags":
            raise UsageError(
                f"Files not ordered by tags: {problem}. Correct the tags or choose another order."
            )
        return _order_naturally(sources, root, problem)
    return _order_by_list(sources, root, Path(order))


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key for a path in which numbers count by value: "2.mp3" before "10.mp3".

    Letters compare without case, and the suffix is ignored.
    """
    stem, dot, suffix = unicodedata.normalize("NFKC", name).casefold().rpartition(".")
    key: list[tuple[int, int, str]] = []
    for part in (stem if dot else suffix).split("/"):
        end = 0
        for match in _NUMBER.finditer(part):
            if match.start() > end:
                key.append((2, 0, part[end : match.start()]))
            key.append((1, int(match.group()), ""))
            end = match.end()
        if end < len(part):
            key.append((2, 0, part[end:]))
        key.append((0, 0, ""))  # the end of a name is before all that is longer
    return key


def _order_naturally(sources: Sequence[SourceFile], root: Path, reason: str) -> OrderedSources:
    def key(source: SourceFile) -> tuple[list[tuple[int, int, str]], str]:
        name = _relative(source, root)
        return natural_key(name), name  # equal keys: "01.mp3" and "1.mp3"

    return OrderedSources(tuple(sorted(sources, key=key)), "natural", reason)


def _find_tag_problem(sources: Sequence[SourceFile]) -> str:
    """Return why tags do not order the files, as a clause, or "" if they do."""
    without = [source for source in sources if not source.track]
    if without:
        return f"no track number in {_list_names(without)}"
    has_disc = [source for source in sources if source.disc]
    if has_disc and len(has_disc) < len(sources):
        return f"no disc number in {_list_names([s for s in sources if not s.disc])}"
    seen: dict[tuple[int, int], SourceFile] = {}
    for source in sources:
        other = seen.setdefault((source.disc, source.track), source)
        if other is not source:
            return f"the same disc and track number in {_list_names([other, source])}"
    return ""


def _order_by_list(sources: Sequence[SourceFile], root: Path, listing: Path) -> OrderedSources:
    try:
        lines = listing.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        shown = path_text.display_path(listing)
        raise UsageError(f"Order {shown} not readable: {error}.") from error
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    by_name = {_relative(source, root): source for source in sources}
    unknown = [name for name in names if name not in by_name]
    missing = [source for name, source in by_name.items() if name not in set(names)]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    for problem, found in (
        ("names files that are not in the folder", unknown),
        ("lacks files of the folder", [_relative(source, root) for source in missing]),
        ("names files twice", repeated),
    ):
        if found:
            shown = path_text.display_path(listing)
            raise UsageError(f"Order {shown} {problem}: {_join_names(found)}. Correct it.")
    ordered = tuple(by_name[name] for name in names)
    return OrderedSources(ordered, "list", f"listed in {path_text.display_path(listing)}")


def _relative(source: SourceFile, root: Path) -> str:
    return path_text.escape_path(source.path.relative_to(root))


def _to_number(text: str) -> int:
    match = _TAG_NUMBER.search(text)
    return int(match.group()) if match else 0


def _list_names(sources: Sequence[SourceFile]) -> str:
    return _join_names([path_text.display_path(source.path.name) for source in sources])


def _join_names(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN_FILES
    return ", ".join(names[:_SHOWN_FILES]) + (f" and {more:,} more" if more > 0 else "")
