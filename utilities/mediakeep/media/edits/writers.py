"""The formats whose tags can be written, and why others cannot."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

from mediakeep import path_text
from mediakeep.errors import ReadOnlyFormat, ValueNotSupported
from mediakeep.media.audio import embedded_pictures, formats
from mediakeep.media.audio.model import AudioFile, AudioProperties
from mediakeep.media.audio.ogg.rewrite_pages import UnsupportedLayout
from mediakeep.media.audio.tag_edits import (
    SetCover,
    SetField,
    TagEdit,
    TargetTags,
    build_target_tags,
    find_pending_edits,
)
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.edits import flac, mp3, mp4, ogg
from mediakeep.media.safewrite.file_assembly import FilePart

_WRITERS: Mapping[str, Callable[[BoundedFile, TargetTags, TagWriteOptions], list[FilePart]]] = {
    formats.MP3.name: mp3.edited,
    formats.FLAC.name: flac.edited,
    formats.MP4.name: mp4.edited,
    formats.VORBIS.name: ogg.vorbis,
    formats.OPUS.name: ogg.opus,
}
_NUMBERED = ("track", "track_total", "disc", "disc_total")
_GENRE_NUMBER = re.compile(r"\d{1,3}|\((?:\d{1,3}|RX|CR)\).*|RX|CR")
_DAMAGED = "its tags are damaged; remove them with another program, then scan again"
_LARGEST_NUMBER = 0xFFFF  # that MP4 can hold
_BROKEN = (ValueError, LookupError, struct.error)


def read_only_reason(facts: AudioProperties) -> str:
    """Return a clause that says why tags of a file cannot be written, or ""."""
    if facts.format not in _WRITERS:
        return f"tags of {facts.format} are only read"
    if facts.truncated:
        return f"its audio is truncated ({facts.truncated})"
    return "it is locked by " + facts.protected if facts.protected else ""


def plan_edits(
    path: Path, source: BoundedFile, reading: AudioFile, changes: tuple[TagEdit, ...]
) -> tuple[list[TagEdit], TargetTags]:
    """Return the pending edits, and the resulting target values.

    Raises ReadOnlyFormat if the file cannot be written, and ValueNotSupported if its format cannot
    store a value.
    """
    if reason := read_only_reason(reading.facts):
        raise ReadOnlyFormat(path_text.escape_path(path), reason)
    try:
        cover = embedded_pictures.find_front_cover(
            embedded_pictures.find_pictures(source, reading.facts.format), reading.container
        )
    except _BROKEN as error:
        raise ReadOnlyFormat(path_text.escape_path(path), _refusal_text(error)) from error
    left = find_pending_edits(reading, changes, cover.data if cover else None)
    for change in left:
        if isinstance(change, SetField):
            _check_value(path, change, reading.facts.format)
    return left, build_target_tags(
        reading, left, SetCover(cover.data, cover.mime) if cover else None
    )


def build_file(
    path: Path, source: BoundedFile, kind: str, wanted: TargetTags, manner: TagWriteOptions
) -> list[FilePart]:
    """Return the parts of the new file; raise ReadOnlyFormat or ValueNotSupported."""
    try:
        return _WRITERS[kind](source, wanted, manner)
    except OverflowError as error:
        raise ValueNotSupported(
            path_text.escape_path(path), "tags of such a size", "written"
        ) from error
    except _BROKEN as error:
        raise ReadOnlyFormat(path_text.escape_path(path), _refusal_text(error)) from error


def _check_value(path: Path, edit: SetField, kind: str) -> None:
    """Reject values that MP4 (16-bit numbers) or ID3 (numeric genres) cannot represent."""
    odd = ""
    if kind == formats.MP4.name and edit.field in _NUMBERED:
        odd = next((text for text in edit.values[:1] if not _is_number(text)), "")
    elif kind == formats.MP3.name and edit.field == "genres":
        odd = next(filter(_GENRE_NUMBER.fullmatch, edit.values), "")
    if odd:
        raise ValueNotSupported(
            path_text.escape_path(path), f"a {edit.field.removesuffix('s')} of {odd}", "written"
        )


def _is_number(text: str) -> bool:
    return text.isdecimal() and 0 < int(text[:9]) <= _LARGEST_NUMBER


def _refusal_text(error: Exception) -> str:
    return str(error) if isinstance(error, UnsupportedLayout) else _DAMAGED
