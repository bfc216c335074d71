"""Write the audio files of a processor: the format of each, its tags, and its final name."""

from __future__ import annotations

import filecmp
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, structs

from mediakeep import atomic_files, path_text
from mediakeep.errors import MediakeepError, TargetExists
from mediakeep.media.encoding import encoder, output_formats
from mediakeep.media.encoding.encoder import EncodedFile
from mediakeep.media.encoding.pcm_source import PcmFormat
from mediakeep.media.encoding.profile_rules import EncodingParameters
from mediakeep.media.encoding.wav_ranges import WavRange
from mediakeep.media.mutagen_tags.tag_items import TagItem
from mediakeep.media.transfer.model import AllTags, TagChanges
from mediakeep.processors.interface import Parameters
from mediakeep.workspace.system_errors import translate_errors

_EXISTS_HINT = "Its content differs. Move it away, or choose another output folder, then run again."
_MAX_TAGGED_WAV = 0xF000_0000  # bytes; tags need sizes of 32 bits
_THREADS = 4  # which wait for the disk

FormatName = Annotated[
    Literal["same", "wav", "flac", "alac", "mp3", "opus", "aac"],
    Meta(description="Format of the new files; same: that of the input, if it can be written."),
]
BitRate = Annotated[
    int,
    Meta(
        ge=0,
        description="Bit rate of lossy formats; 0: as good as sensible.",
        extra={"unit": "bit/s"},
    ),
]


class AudioParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of all processors that write audio."""

    format: FormatName = "same"
    bit_rate: BitRate = 0


class OutputFiles:
    """The new files of a processor, in a hidden folder until all are complete.

    They get their tags and are synced by threads, while the next ones are encoded.
    """

    def __init__(self, folder: Path, threads: Executor) -> None:
        self._folder, self._threads = folder, threads
        self._names: dict[Path, str] = {}
        self._finished: list[Future[None]] = []

    def write(
        self,
        name: str,
        frames: Iterable[Any],
        source_format: PcmFormat,
        parameters: EncodingParameters,
        *,
        tags: AllTags | None = None,
        new_tags: Iterable[tuple[str, str]] = (),
    ) -> EncodedFile:
        """Encode frames to a file, whose name gets the suffix of the format.

        It gets all `tags` that it can store; some are replaced by `new_tags`.
        """
        path, profile = self.add(name, parameters.profile.suffix), parameters.profile
        if profile.container == "ogg":  # else its serial number is random, so that files differ
            options = {"fflags": "+bitexact", "serial_offset": path.stem}
            profile = structs.replace(
                profile, container_options=profile.container_options | options
            )
            parameters = structs.replace(parameters, profile=profile)
        written = encoder.encode_frames(frames, source_format, path, parameters, sync=False)
        self._finish(path, written.size, tags, new_tags)
        return written

    def copy(
        self,
        name: str,
        samples: WavRange,
        *,
        tags: AllTags | None = None,
        new_tags: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Copy samples to a WAV file, which gets tags as `write` says."""
        path = self.add(name, output_formats.WAV.suffix)
        with translate_errors(path):
            self._finish(path, samples.write(path), tags, new_tags)

    def _finish(
        self, path: Path, size: int, tags: AllTags | None, new_tags: Iterable[tuple[str, str]]
    ) -> None:
        replaced = tuple(TagItem(field, (value,)) for field, value in new_tags)
        is_taggable = size < _MAX_TAGGED_WAV or path.suffix != output_formats.WAV.suffix
        has_tags = tags and is_taggable and (tags.items or tags.pictures or replaced)
        changes = TagChanges(replaced=replaced)
        task = self._threads.submit(_finish_file, path, tags if has_tags else None, changes)
        self._finished.append(task)

    @property
    def last(self) -> Path:
        """The file that was written last, which is complete."""
        self._finished[-1].result()
        return next(reversed(self._names))

    def discard_last(self) -> None:
        """Remove the file that was written last, as another one replaces it."""
        self.last.unlink()
        self._names.popitem()
        self._finished.pop()

    def write_data(self, name: str, suffix: str, data: bytes) -> None:
        """Write a file that is no audio."""
        path = self.add(name, suffix)
        with translate_errors(path):
            path.write_bytes(data)

    def add(self, name: str, suffix: str) -> Path:
        """Return the path to write a new file to; `name` is its final one, without suffix."""
        path = self._folder / f"{len(self._names)}{suffix}"
        self._names[path] = name
        return path

    def rename(self, names: Iterable[str]) -> None:
        """Replace the names of all files, in their order, as they may depend on their number."""
        self._names = dict(zip(self._names, names, strict=True))

    def place(self, output_dir: Path) -> tuple[Path, ...]:
        """Give the files their names, and return their paths; one that is equal stays.

        Raises TargetExists if there is another file of the name; then none is placed.
        """
        for one in self._finished:
            with translate_errors(output_dir):
                one.result()
        targets: dict[Path, Path] = {}
        taken: set[str] = set()
        for path, name in self._names.items():
            targets[path] = output_dir / path_text.safe_name(name, taken, path.suffix)
            taken.add(path_text.normalize_name(targets[path].name))
        for path, target in targets.items():
            if target.exists() and not filecmp.cmp(path, target, shallow=False):
                raise TargetExists(target, _EXISTS_HINT)
        for path, target in targets.items():
            path.replace(target)
        return tuple(targets.values())


def _finish_file(path: Path, tags: AllTags | None, changes: TagChanges) -> None:
    if tags:
        from mediakeep.media.transfer import transfer_tags  # here, as --help must be quick

        transfer_tags.transfer_tags(tags, path, changes=changes)  # which syncs it
    else:
        with path.open("rb") as file:
            atomic_files.sync_data(file.fileno())


@contextmanager
def open_outputs(output_dir: Path, input_path: Path) -> Iterator[OutputFiles]:
    """Yield where to write new files; after an error none is left. `place` ends their making.

    Errors name the input instead of a file in the hidden folder.
    """
    with translate_errors(output_dir):
        output_dir.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=output_dir, prefix=".processor-")
    with folder as name, ThreadPoolExecutor(_THREADS) as threads:
        try:
            yield OutputFiles(Path(name), threads)
        except MediakeepError as error:
            error.args = tuple(input_path if name in str(arg) else arg for arg in error.args)
            raise
