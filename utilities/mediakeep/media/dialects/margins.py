"""Tags before and after the audio of any format: ID3v2, APEv2, Lyrics3 and ID3v1.

Lyrics3 after id3.org's "Lyrics3 v2.00", ID3v2's footer after its "ID3 tag version 2.4.0" (3.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mediakeep.media.anatomy import Block, attempt
from mediakeep.media.dialects import apev2, id3, id3v1
from mediakeep.media.source import Source, Span

USUAL = id3v1.SIZE + apev2.FOOTER  # bytes at the end that identify the last tag

_MOST = 16  # consecutive tags; more are an attack
_LYRICS = b"LYRICS200"
_LYRICS_END = len(_LYRICS) + 6  # after a size of six digits
_ID3_FOOTER, _ID3_AT_END = 10, b"3DI"


def between(source: Source) -> Span:
    """Return the range between the leading and the trailing tags."""
    return Span(front(source), back(source, front(source)))


def essence(source: Source) -> Iterator[Span]:
    """Yield the range between the tags: the essence of formats without containers."""
    yield between(source)


def front(source: Source) -> int:
    """Return the end of the leading ID3v2 tags; 0 if there are none."""
    return source.once(_front)[1]


def back(source: Source, start: int) -> int:
    """Return the start of the trailing tags after audio that begins at `start`."""
    end = source.size
    for _, span in source.once(_back):
        if span.start < start:
            break
        end = span.start
    return end


def blocks(source: Source) -> list[Block]:
    """Read the tags around the audio: ID3v2, APEv2, then ID3v1."""
    trailing: list[Block | None] = []
    for mark, span in source.once(_back):
        if mark == apev2.MARK:
            trailing.insert(0, attempt(partial(apev2.read, source, *span)))
        elif mark == id3v1.MARK:
            trailing.append(id3v1.read(source.read(span.start, span.size)))
    leading = [attempt(partial(id3.read, source, *span)) for span in source.once(_front)[0]]
    return [block for block in leading + trailing if block]


def _front(source: Source) -> tuple[list[Span], int]:
    """Find the leading ID3v2 tags and their end.

    Some taggers write a new tag before the old one. A header with an impossible size is ignored.
    """
    tags: list[Span] = []
    offset = 0
    while len(tags) < _MOST:
        head = source.read(offset, id3.HEADER)
        size = id3.extent(head)
        if not size or offset + size > source.size:
            break
        tags.append(Span(offset, offset + size))
        offset += size
        if source.read(offset, len(_ID3_AT_END)) == _ID3_AT_END:
            offset += _ID3_FOOTER
    return tags, min(offset, source.size)


def _back(source: Source) -> list[tuple[bytes, Span]]:
    """Find the trailing tags, the last one first, each with its magic bytes."""
    start, end = front(source), source.size
    tags: list[tuple[bytes, Span]] = []
    for _ in range(_MOST):
        mark, size = _last(source.tail(end, min(USUAL, end - start)))
        if mark == apev2.MARK and source.read(end - size - apev2.FOOTER, len(mark)) == mark:
            size += apev2.FOOTER  # its header
        if not 0 < size <= end - start:
            break
        tags.append((mark, Span(end - size, end)))
        end -= size
    return tags


def _last(tail: bytes) -> tuple[bytes, int]:
    """Return the magic bytes and the size of the tag at the end; b"" and 0 if there is none."""
    if len(tail) >= id3v1.SIZE and tail.startswith(id3v1.MARK, len(tail) - id3v1.SIZE):
        return id3v1.MARK, id3v1.SIZE
    if size := apev2.extent(tail[-apev2.FOOTER :]):
        return apev2.MARK, size
    if tail.endswith(_LYRICS) and tail[-_LYRICS_END : -len(_LYRICS)].isdigit():
        return _LYRICS, _LYRICS_END + int(tail[-_LYRICS_END : -len(_LYRICS)])
    if tail[-_ID3_FOOTER:].startswith(_ID3_AT_END):
        return _ID3_AT_END, 2 * _ID3_FOOTER + id3.seven(tail[-4:])
    return b"", 0
