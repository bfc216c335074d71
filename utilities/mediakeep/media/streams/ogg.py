"""Ogg: pages of packets, after RFC 3533.

The number of header packets follows from Vorbis I section 4.2, RFC 7845 (Opus), RFC 9639 section
10.1 (FLAC) and the Speex manual. The second one holds the tags; the audio begins on a new page.
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

_BESIDE = 16  # multiplexed streams, whose first pages come first
_UNENDED = "its stream does not end"
_LARGEST = 64 * 1024 * 1024  # bytes read of the comment packet


class _Stream(NamedTuple):
    """An audio stream: its codec, its header pages and the number of packets on them.

    `audio_start` is the end of the header pages, or of the file if they are incomplete.
    """

    codec: Codec
    pages: list[Page]
    packets: int
    tags: bytes
    end: int


def read(source: Source) -> Anatomy:
    """Parse the first two packets of the first audio stream, and its length."""
    stream = source.once(_stream)
    if stream is None:
        raise ValueError("no stream of a known codec")
    codec, first = stream.codec, stream.pages[0]
    head = source.read(first.body, first.end - first.body)
    last = _position(source, first.serial)
    info = codec.info(head, last, source.size - margins.front(source))
    block = attempt(lambda: comments.read(stream.tags, codec.ahead))
    surrounding = margins.blocks(source)
    return Anatomy(info=info, blocks=[block, *surrounding] if block else surrounding)


def examine(source: Source) -> Sound:
    """Check that the last page is complete and ends its stream."""
    end, missing = _last(source)
    stream = source.once(_stream)
    size = max(0, end - (stream.end if stream else source.size))
    return Sound(size, UNMARKED if size and missing == _UNENDED else missing)


def essence(source: Source) -> Pieces:
    """Yield the header packets except the tags, then each page of audio.

    Of a page: its flags, granule position, segment table and body, but not its number and checksum,
    which change with the tags before it. Bytes that are no page are included unchanged.
    """
    end, _ = _last(source)
    offset = yield from _headers(source)
    while offset < end and (page := pages.read(source, offset)):
        yield bytes((page.flags,)) + page.granule + page.lacing
        yield Span(page.body, min(page.end, end))
        offset = page.end
    yield Span(offset, end)


def _stream(source: Source) -> _Stream | None:
    """Find the audio stream; the first pages of all streams precede the audio."""
    walk = pages.walk(source, margins.front(source))
    for page in islice(walk, _BESIDE):
        start = source.read(page.body, codecs.SEEN)
        if codec := codecs.find(start):
            return _opened(source, codec, page, codec.packets(start))
    return None


def _opened(source: Source, codec: Codec, first: Page, packets: int) -> _Stream:
    """Read the header pages and join the parts of the second packet."""
    header_pages, parts, size, is_complete = [first], list[bytes](), 0, False
    packets_left, walk = packets - _ended(first), pages.walk(source, first.end)
    while packets_left > 0 and (page := next(walk, None)):
        if page.serial != first.serial:
            continue
        if not is_complete and size < _LARGEST and page.end <= source.size:
            data, is_complete = pages.begun(source, page)
            parts.append(data)
            size += len(data)
        header_pages.append(page)
        packets_left -= _ended(page)
    end = source.size if packets_left > 0 else min(header_pages[-1].end, source.size)
    return _Stream(codec, header_pages, packets, b"".join(parts), end)


def _ended(page: Page) -> int:
    """Return the number of packets that end on a page."""
    return len(page.lacing) - page.lacing.count(255)


def _position(source: Source, serial: bytes) -> int:
    """Return the last granule position of a stream; 0 if it is not near the end of the file."""
    position = pages.position(source.once(_final)[1], serial)
    if position > 0:
        return position
    positions = (pages.position(head, serial) for _, head in pages.backwards(source))
    return next((position for position in positions if position > 0), 0)


def _final(source: Source) -> tuple[int, bytes]:
    """Return offset and header of what seems to be the last page."""
    return next(pages.backwards(source), (source.size, b""))


def _headers(source: Source) -> Generator[bytes | Span, None, int]:
    """Yield the header packets that a decoder needs, and return the end of their last page.

    Audio that begins on that page, against the specification, is included.
    """
    stream, packet = source.once(_stream), 0
    if stream is None:
        return source.size
    for page in stream.pages:
        offset = page.body
        for index, size in enumerate(page.lacing, 1):
            if packet in stream.codec.kept:
                yield Span(offset, offset + size)
            offset += size
            packet += size < 255
            if packet == stream.packets:
                if rest := page.lacing[index:]:
                    yield page.granule + rest
                    yield Span(offset, page.end)
                return page.end
    return source.size


def _last(source: Source) -> tuple[int, str]:
    """Return the end of the last page, and why it is not the end of its stream, or ""."""
    for offset, head in pages.backwards(source):
        page = pages.parse(head, offset)
        if page is None or page.end > source.size:
            return source.size, "its last page is truncated"
        if page.known:
            return page.end, "" if page.flags & pages.END else _UNENDED
    return source.size, ""
