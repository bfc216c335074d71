"""The formats whose tags can be written, and why others cannot."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

from mediakeep import files
from mediakeep.errors import ReadOnlyFormat, Unfit
from mediakeep.media import formats
from mediakeep.media.edits import flac, images, mp3, mp4, ogg
from mediakeep.media.edits.changes import Change, Cover, Edit, Wanted, due, wanted
from mediakeep.media.edits.manner import Manner
from mediakeep.media.reading import Facts, Reading
from mediakeep.media.source import Source
from mediakeep.media.splices.pages import Odd
from mediakeep.media.splices.pieces import Piece

_WRITERS: Mapping[str, Callable[[Source, Wanted, Manner], list[Piece]]] = {
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


def refusal(facts: Facts) -> str:
    """Return a clause that says why tags of a file cannot be written, or ""."""
    if facts.format not in _WRITERS:
        return f"tags of {facts.format} are only read"
    if facts.truncated:
        return f"its audio is truncated ({facts.truncated})"
    return "it is locked by " + facts.protected if facts.protected else ""


def plan(
    path: Path, source: Source, reading: Reading, changes: tuple[Change, ...]
) -> tuple[list[Change], Wanted]:
    """Return the pending edits, and the resulting target values.

    Raises ReadOnlyFormat if the file cannot be written, and ValueNotSupported if its format cannot
    store a value.
    """
    if reason := refusal(reading.facts):
        raise ReadOnlyFormat(files.escape(path), reason)
    try:
        cover = images.front(images.of(source, reading.facts.format), reading.container)
    except _BROKEN as error:
        raise ReadOnlyFormat(files.escape(path), _odd(error)) from error
    left = due(reading, changes, cover.data if cover else None)
    for change in left:
        if isinstance(change, Edit):
            _fit(path, change, reading.facts.format)
    return left, wanted(reading, left, Cover(cover.data, cover.mime) if cover else None)


def pieces(path: Path, source: Source, kind: str, wanted: Wanted, manner: Manner) -> list[Piece]:
    """Return the parts of the new file; raise ReadOnlyFormat or ValueNotSupported."""
    try:
        return _WRITERS[kind](source, wanted, manner)
    except OverflowError as error:
        raise Unfit(files.escape(path), "tags of such a size", "written") from error
    except _BROKEN as error:
        raise ReadOnlyFormat(files.escape(path), _odd(error)) from error


def _fit(path: Path, edit: Edit, kind: str) -> None:
    """Reject values that MP4 (16-bit numbers) or ID3 (numeric genres) cannot represent."""
    odd = ""
    if kind == formats.MP4.name and edit.field in _NUMBERED:
        odd = next((text for text in edit.values[:1] if not _is_number(text)), "")
    elif kind == formats.MP3.name and edit.field == "genres":
        odd = next(filter(_GENRE_NUMBER.fullmatch, edit.values), "")
    if odd:
        raise Unfit(files.escape(path), f"a {edit.field.removesuffix('s')} of {odd}", "written")


def _is_number(text: str) -> bool:
    return text.isdecimal() and 0 < int(text[:9]) <= _LARGEST_NUMBER


def _odd(error: Exception) -> str:
    return str(error) if isinstance(error, Odd) else _DAMAGED
