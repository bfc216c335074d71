"""Front covers to embed into albums, as file edits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.app.console import Console
from mediakeep.app.edit import audio_targets, field_values, list_files
from mediakeep.app.edit.audio_targets import AudioFileFinder
from mediakeep.app.edit.edit_result import EditResult
from mediakeep.app.edit.file_edits import FileEdits
from mediakeep.app.edit.list_files import InputErrors
from mediakeep.errors import UnexpectedError, Unreadable, UsageError
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media import file_errors, ignore_rules, pictures
from mediakeep.media.audio import tags
from mediakeep.media.audio.model import EmbeddedPicture
from mediakeep.music.repairs import tag_writer
from mediakeep.music.repairs.repair import EmbedCover
from mediakeep.size_text import format_count

_FRONT_COVER_TYPE = 3  # picture type of ID3


class CoverListEntry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of the JSON list: an album's folder and its image."""

    album: str
    image: str


@dataclass
class CoverEdits:
    """The cover edits of one command, and warnings about them."""

    result: EditResult
    skip_existing: bool
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
    edits: FileEdits = field(default_factory=FileEdits)
    warnings: list[str] = field(default_factory=list)

    def add_cover(self, album: Path, image: Path, reason: str = field_values.BY_HAND) -> None:
        """Add an image for the tracks of an album; raise UsageError if it cannot be embedded."""
        size = _read_image_size(image)
        if not all(size):
            self.warnings.append(
                f"{audio_targets.display_path(image)} has no readable size; it may be truncated."
            )
        replaced = []
        for file in audio_targets.find_album_tracks(album, self.ignored):
            try:
                with file_errors.wrap_file_errors(file):
                    front = _find_front_cover(tags.read(file).tags.pictures)
            except (UnexpectedError, Unreadable) as error:
                self.result.add_failure(file, error)
                continue
            if self.skip_existing and front and front.seen:
                self.result.left_out += 1
                continue
            self.edits.add(file, [EmbedCover(path_text.escape_path(image), reason)])
            replaced += [front] if front else []
        self.warnings += _warn_if_smaller(replaced, image, size)

    def look_up_and_add(
        self, home: Path, album: Path, size: str, config: ServiceConfig, console: Console
    ) -> None:
        """Look up the cover of an album and add it; raise the errors of `find_album_cover`."""
        from mediakeep.app.edit import cover_lookup  # here, as importing it is slow

        source = cover_lookup.find_album_cover(home, album, size, config, console)
        self.result.notes.append(f"{source.description}.")
        self.add_cover(
            album, source.image, f"{field_values.BY_HAND}: front cover of the {source.front}"
        )

    def add_from_list(self, path: Path, finder: AudioFileFinder) -> None:
        """Add all entries of a JSON list; raise UsageError with all errors in it."""
        errors = InputErrors(path_text.escape_path(path))
        for where, entry in list_files.read_json_entries(path, CoverListEntry, errors):
            with errors.collect_at(where):
                album, image = finder.find_path(entry.album), finder.find_path(entry.image)
                self.add_cover(
                    album,
                    image,
                    f"{field_values.BY_HAND}: {path_text.display_path(path.name)}, {where}",
                )
        errors.raise_if_any()


def _read_image_size(image: Path) -> tuple[int, int]:
    """Return width and height of an image; raise UsageError if it cannot be embedded."""
    try:
        tag_writer.read_picture(image)
        return pictures.read_picture_info(image)[1:]
    except Unreadable as error:
        raise UsageError(f"{error} Nothing was changed.") from error


def _find_front_cover(images: Iterable[EmbeddedPicture]) -> EmbeddedPicture | None:
    return next((image for image in images if image.type == _FRONT_COVER_TYPE and image.size), None)


def _warn_if_smaller(
    replaced: Iterable[EmbeddedPicture], image: Path, size: tuple[int, int]
) -> list[str]:
    """Return warnings about larger covers that are replaced; unknown sizes are not compared."""
    sizes = ((cover.width, cover.height) for cover in replaced)
    larger = Counter(
        cover for cover in sizes if all(size) and cover[0] * cover[1] > size[0] * size[1]
    )
    return [
        f"{audio_targets.display_path(image)} has {size[0]} x {size[1]} pixels and replaces"
        f" {width} x {height} in {format_count(count, 'file')}."
        for (width, height), count in larger.items()
    ]
