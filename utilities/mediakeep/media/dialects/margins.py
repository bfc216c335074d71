"""Tags that stand before and behind the sound of any format: ID3v2, APEv2, Lyrics3 and ID3v1.

Lyrics3 after id3.org's "Lyrics3 v2.00", ID3v2's footer after its "ID3 tag version 2.4.0" (3.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mediakeep.media.anatomy import Block, attempt
from mediakeep.media.dialects import apev2, id3, id3v1
from mediakeep.media.source import Source, Span

USUAL = id3v1.SIZE + apev2.FOOTER  # bytes at the end that tell what stands there

_MOST = 16  # tags in a row; more are an attack
_LYRICS = b"LYRICS200"
_LYRICS_END = len(_LYRICS) + 6  # six figures tell the size before
_ID3_FOOTER, _ID3_AT_END = 10, b"3DI"


def between(source: Source) -> Span:
    """Return what lies between the tags in front and those behind."""
    return Span(front(source), back(source, front(source)))


def essence(source: Source) -> Iterator[Span]:
    """Give what lies between the tags, which is all there is to many formats."""
    yield between(source)


def front(source: Source) -> int:
    """Return where the ID3v2 tags at the beginning end; 0 where there are none."""
    return source.once(_front)[1]


def back(source: Source, start: int) -> int:
    """Return where the tags at the end begin, behind audio that begins at `start`."""
    end = source.size
    for _, span in source.once(_back):
        if span.start < start:
            break
        end = span.start
    return end


def blocks(source: Source) -> list[Block]:
    """Read the tags around the sound: ID3v2, APEv2, then ID3v1."""
    behind: list[Block | None] = []
    for mark, span in source.once(_back):
        if mark == apev2.MARK:
            behind.insert(0, attempt(partial(apev2.read, source, *span)))
        elif mark == id3v1.MARK:
            behind.append(id3v1.read(source.read(span.start, span.size)))
    before = [attempt(partial(id3.read, source, *span)) for span in source.once(_front)[0]]
    return [block for block in before + behind if block]


def _front(source: Source) -> tuple[list[Span], int]:
    """Some taggers wrote a new tag before the old; one with a size that cannot be is none."""
    found: list[Span] = []
    place = 0
    while len(found) < _MOST:
        head = source.read(place, id3.HEADER)
        size = id3.extent(head)
        if not size or place + size > source.size:
            break
        found.append(Span(place, place + size))
        place += size
        if source.read(place, len(_ID3_AT_END)) == _ID3_AT_END:
            place += _ID3_FOOTER
    return found, min(place, source.size)


def _back(source: Source) -> list[tuple[bytes, Span]]:
    """The tags at the end, the last first, each with what tells its kind."""
    start, end = front(source), source.size
    found: list[tuple[bytes, Span]] = []
    for _ in range(_MOST):
        mark, size = _last(source.tail(end, min(USUAL, end - start)))
        if mark == apev2.MARK and source.read(end - size - apev2.FOOTER, len(mark)) == mark:
            size += apev2.FOOTER  # its header
        if not 0 < size <= end - start:
            break
        found.append((mark, Span(end - size, end)))
        end -= size
    return found


def _last(tail: bytes) -> tuple[bytes, int]:
    """Tell what a file ends with, and its size; 0 where that is no tag."""
    if len(tail) >= id3v1.SIZE and tail.startswith(id3v1.MARK, len(tail) - id3v1.SIZE):
        return id3v1.MARK, id3v1.SIZE
    if size := apev2.extent(tail[-apev2.FOOTER :]):
        return apev2.MARK, size
    if tail.endswith(_LYRICS) and tail[-_LYRICS_END : -len(_LYRICS)].isdigit():
        return _LYRICS, _LYRICS_END + int(tail[-_LYRICS_END : -len(_LYRICS)])
    if tail[-_ID3_FOOTER:].startswith(_ID3_AT_END):
        return _ID3_AT_END, 2 * _ID3_FOOTER + id3.seven(tail[-4:])
    return b"", 0
