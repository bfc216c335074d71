"""Tags before and behind the sound of MP3 and FLAC: ID3v2, then APEv2, Lyrics3 and ID3v1."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediakeep.media.dialects import id3
from mediakeep.media.dialects.apev2 import FOOTER, MARK
from mediakeep.media.edits import apev2, id3texts, id3v1
from mediakeep.media.edits.changes import Wanted
from mediakeep.media.edits.manner import Beside, Manner
from mediakeep.media.source import Source, Span

_MOST = 16  # tags in a row
_ID3V1, _APE, _OTHER = "ID3v1", "APEv2", ""
_HAS_HEADER = 1 << 31


def before(source: Source, end: int) -> list[Span]:
    """Return the ID3v2 tags in front of a sound that begins at `end`; what is none stays apart."""
    found, at = list[Span](), 0
    while at < end and len(found) < _MOST and (size := id3.extent(source.read(at, 10))):
        found.append(Span(at, min(at + size, end)))
        at += size
    if at < end:
        found.append(Span(at, end))
    return found


def behind(source: Source, start: int) -> list[tuple[str, Span]]:
    """Return the tags behind a sound that ends at `start`, in order, each with its kind."""
    found: list[tuple[str, Span]] = []
    end = source.size
    while end > start and len(found) < _MOST:
        kind, size = _last(source, start, end)
        found.insert(0, (kind, Span(end - size, end)))
        end -= size
    return found


def front(data: bytes, wanted: Wanted, manner: Manner) -> bytes:
    """Return an ID3v2 tag that stands beside the one that speaks for the file."""
    if not id3.extent(data) or manner.beside is Beside.LEAVE:
        return data
    if manner.beside is Beside.REMOVE:
        return b""
    return id3texts.edited(data, wanted, manner.id3)


def back(source: Source, start: int, wanted: Wanted, manner: Manner) -> Iterator[bytes]:
    """Give what stands behind the sound, each tag as the setting wants it."""
    for kind, span in behind(source, start):
        data = source.read(span.start, span.size)
        if not kind or manner.beside is Beside.LEAVE:
            yield data
        elif manner.beside is Beside.UPDATE:
            yield id3v1.edited(data, wanted) if kind == _ID3V1 else apev2.edited(data, wanted)


def _last(source: Source, start: int, end: int) -> tuple[str, int]:
    tail = source.tail(end, min(end - start, id3v1.SIZE))
    if len(tail) == id3v1.SIZE and tail.startswith(b"TAG"):
        return _ID3V1, id3v1.SIZE
    footer = tail[-FOOTER:]
    if len(footer) == FOOTER and footer.startswith(MARK):
        size, _, flags = struct.unpack_from("<III", footer, 12)
        size += FOOTER if flags & _HAS_HEADER else 0
        if FOOTER <= size <= end - start:
            return _APE, size
    if tail.endswith(b"LYRICS200") and tail[-15:-9].isdigit():
        size = 15 + int(tail[-15:-9])
        if size <= end - start:
            return _OTHER, size
    return _OTHER, end - start
