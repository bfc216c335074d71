"""Plan a tag write: whether a file can be written, and what has to change.

mutagen is not loaded for that: scans ask, too.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from mediakeep import path_text
from mediakeep.errors import ReadOnlyFormat, ValueNotSupported
from mediakeep.media.audio import embedded_pictures, formats, tag_edits
from mediakeep.media.audio.model import AudioFile, AudioProperties
from mediakeep.media.audio.tag_edits import (
    SetCover,
    SetField,
    TagEdit,
    TargetTags,
    build_target_tags,
    find_pending_edits,
)
from mediakeep.media.audio.unsupported_layout import DAMAGED_TAGS, UnsupportedLayout
from mediakeep.media.bounded_file import BoundedFile

WRITABLE_FORMATS = frozenset(
    kind.name
    for kind in (
        *(formats.MP3, formats.FLAC, formats.MP4, formats.VORBIS, formats.OPUS, formats.WAV),
        *(formats.AIFF, formats.DSF, formats.ASF, formats.TRUE_AUDIO, formats.MONKEYS),
        *(formats.WAVPACK, formats.MUSEPACK),
    )
)

_NUMBERS = ("track", "track_total", "disc", "disc_total")
_GENRE_NUMBER = re.compile(r"\d{1,3}|\((?:\d{1,3}|RX|CR)\).*|RX|CR")
_MAX_NUMBER = 0xFFFF  # in MP4
_PARSE_ERRORS = (ValueError, LookupError, struct.error)


def read_only_reason(facts: AudioProperties) -> str:
    """Return a clause that says why tags of a file cannot be written, or ""."""
    if facts.format not in WRITABLE_FORMATS:
        return f"tags of {facts.format} are only read"
    if facts.truncated:
        return f"its audio is truncated ({facts.truncated})"
    return "it is locked by " + facts.protected if facts.protected else ""


def plan_edits(
    path: Path, source: BoundedFile, reading: AudioFile, wanted: tuple[TagEdit, ...]
) -> tuple[list[TagEdit], TargetTags]:
    """Return the pending ones of the wanted edits, and the resulting target values.

    Raises ReadOnlyFormat if the file cannot be written, and ValueNotSupported if its format cannot
    store a value.
    """
    if reason := read_only_reason(reading.facts):
        raise ReadOnlyFormat(path_text.escape_path(path), reason)
    try:
        cover = embedded_pictures.find_front_cover(
            embedded_pictures.find_pictures(source, reading.facts.format), reading.container
        )
    except _PARSE_ERRORS as error:
        raise ReadOnlyFormat(path_text.escape_path(path), _refusal_text(error)) from error
    pending = find_pending_edits(reading, wanted, cover.data if cover else None)
    for change in pending:
        if isinstance(change, SetField):
            _check_value(path, change, reading.facts.format)
    return pending, build_target_tags(
        reading, pending, SetCover(cover.data, cover.mime) if cover else None
    )


def _check_value(path: Path, edit: SetField, kind: str) -> None:
    if unsupported := find_unsupported_value(edit.field, edit.values, kind):
        raise ValueNotSupported(
            path_text.escape_path(path),
            f"a {edit.field.removesuffix('s')} of {unsupported}",
            "written",
        )


def find_unsupported_value(field: str, values: tuple[str, ...], kind: str) -> str:
    """Return the first value that MP4 (16-bit numbers) or ID3 (numeric genres) cannot represent.

    `kind` is the name of the format. Return "" if it can represent all.
    """
    if kind == formats.MP4.name and field in _NUMBERS:
        return next((text for text in values[:1] if not _is_number(text)), "")
    if kind in tag_edits.ID3_FORMATS and field == "genres":
        return next(filter(_GENRE_NUMBER.fullmatch, values), "")
    return ""


def _is_number(text: str) -> bool:
    return text.isdecimal() and 0 < int(text[:9]) <= _MAX_NUMBER


def _refusal_text(error: Exception) -> str:
    return str(error) if isinstance(error, UnsupportedLayout) else DAMAGED_TAGS
