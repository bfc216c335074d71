"""Ogg: pages with packets in them, after RFC 3533, and how each codec begins.

Vorbis I section 4.2, RFC 7845 (Opus), RFC 9639 section 10.1 (FLAC) and the Speex manual say how
many packets stand before the audio, which begins on a page of its own. The second holds the tags.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice
from typing import NamedTuple

from mediakeep.media.anatomy import Anatomy, Pieces, attempt
from mediakeep.media.dialects import comments, margins
from mediakeep.media.evidence import UNMARKED, Sound
from mediakeep.media.layouts import pages
from mediakeep.media.layouts.pages import Page
from mediakeep.media.source import Source, Span
from mediakeep.media.streams import codecs
from mediakeep.media.streams.codecs import Codec

_BESIDE = 16  # streams that a file may open with, each of which has its first page in front
_UNENDED = "its stream does not end"
_LARGEST = 64 * 1024 * 1024  # bytes of the packet of tags that are looked at


class _Stream(NamedTuple):
    """A stream that sounds: its codec, its pages before the audio, and the packets on them.

    `tags` is the second packet; `end` is where the audio begins, or the end of a file without.
    """

    codec: Codec
    pages: list[Page]
    packets: int
    tags: bytes
    end: int


def read(source: Source) -> Anatomy:
    """Read the first two packets of the first stream that sounds, and when it ends."""
    stream = source.once(_stream)
    if stream is None:
        raise ValueError("no stream of a known kind")
    codec, first = stream.codec, stream.pages[0]
    head = source.read(first.body, first.end - first.body)
    last = _position(source, first.serial)
    info = codec.info(head, last, source.size - margins.front(source))
    block = attempt(lambda: comments.read(stream.tags, codec.ahead))
    around = margins.blocks(source)
    return Anatomy(info=info, blocks=[block, *around] if block else around)


def examine(source: Source) -> Sound:
    """Find the page behind the headers, and the last one of the file."""
    end, missing = _last(source)
    stream = source.once(_stream)
    size = max(0, end - (stream.end if stream else source.size))
    return Sound(size, UNMARKED if size and missing == _UNENDED else missing)


def essence(source: Source) -> Pieces:
    """Give the packets before the audio but for the tags, then each page of audio.

    Of a page: its flags, the granule position, the table of segments and the body. Its number and
    checksum change with the tags before it. Bytes that are no page are given as they are.
    """
    end, _ = _last(source)
    at = yield from _headers(source)
    while at < end and (page := pages.read(source, at)):
        yield bytes((page.flags,)) + page.granule + page.lacing
        yield Span(page.body, min(page.end, end))
        at = page.end
    yield Span(at, end)


def _stream(source: Source) -> _Stream | None:
    """Find the stream that sounds; those beside it, such as pictures, begin before its audio."""
    walk = pages.walk(source, margins.front(source))
    for page in islice(walk, _BESIDE):
        start = source.read(page.body, codecs.SEEN)
        if codec := codecs.find(start):
            return _opened(source, codec, page, codec.packets(start))
    return None


def _opened(source: Source, codec: Codec, first: Page, packets: int) -> _Stream:
    """Walk through the pages before the audio, and put the second packet together."""
    found, parts, size, whole = [first], list[bytes](), 0, False
    left, walk = packets - _ended(first), pages.walk(source, first.end)
    while left > 0 and (page := next(walk, None)):
        if page.serial != first.serial:
            continue
        if not whole and size < _LARGEST and page.end <= source.size:
            part, whole = pages.begun(source, page)
            parts.append(part)
            size += len(part)
        found.append(page)
        left -= _ended(page)
    end = source.size if left > 0 else min(found[-1].end, source.size)
    return _Stream(codec, found, packets, b"".join(parts), end)


def _ended(page: Page) -> int:
    """How many packets end on a page."""
    return len(page.lacing) - page.lacing.count(255)


def _position(source: Source, serial: bytes) -> int:
    """Return the position that the stream's last page names; 0 where it is not near the end."""
    position = pages.position(source.once(_final)[1], serial)
    if position > 0:
        return position
    named = (pages.position(head, serial) for _, head in pages.backwards(source))
    return next((position for position in named if position > 0), 0)


def _final(source: Source) -> tuple[int, bytes]:
    """Where what seems to be the last page begins, and its header."""
    return next(pages.backwards(source), (source.size, b""))


def _headers(source: Source) -> Generator[bytes | Span, None, int]:
    """Give the packets before the audio that are kept, and return where their last page ends.

    Audio that begins on that page already, against the rules, is given too.
    """
    stream, packet = source.once(_stream), 0
    if stream is None:
        return source.size
    for page in stream.pages:
        at = page.body
        for index, size in enumerate(page.lacing, 1):
            if packet in stream.codec.kept:
                yield Span(at, at + size)
            at += size
            packet += size < 255
            if packet == stream.packets:
                if rest := page.lacing[index:]:
                    yield page.granule + rest
                    yield Span(at, page.end)
                return page.end
    return source.size


def _last(source: Source) -> tuple[int, str]:
    """Find where the last page of the file ends, and what it lacks to be the end of its stream."""
    for at, head in pages.backwards(source):
        page = pages.parse(head, at)
        if page is None or page.end > source.size:
            return source.size, "its last page is cut off"
        if page.known:
            return page.end, "" if page.flags & pages.END else _UNENDED
    return source.size, ""
