"""Read the header pages of Ogg files, and renumber pages, after RFC 3533."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_PAGE_START = b"OggS\0"  # and the version
_HEADER_SIZE = 27  # bytes of a page before its table of segments
_MAX_PAGE_SIZE = _HEADER_SIZE + 255 + 255 * 255
_BEGIN = 0x02
_MAX_HEADER_PAGES = 20_000  # pages before the audio
_MAX_TRIES = 16  # pages after them
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ZEROS = bytes(_MAX_PAGE_SIZE)


class OggPageHeader(NamedTuple):
    """The header of an Ogg page, with the byte offsets at which page and content start and end.

    `number` is the page's sequence number.
    """

    start: int
    body: int
    end: int
    serial: bytes
    number: int
    flags: int
    lacing: bytes  # sizes of segments; a packet ends at each that is below 255


class OggHeaderPages(NamedTuple):
    """The Ogg pages between the first page and the audio, and the packets on them."""

    pages: tuple[OggPageHeader, ...]
    packets: tuple[tuple[ByteRange, ...], ...]  # each may be spread over several pages
    number: int  # page number of the first audio page; 0 if there is none

    @property
    def span(self) -> ByteRange:
        """The byte range from the first of these pages to the start of the audio."""
        return ByteRange(self.pages[0].start, self.pages[-1].end)

    @property
    def serial(self) -> bytes:
        """The serial number of the Ogg stream."""
        return self.pages[0].serial


def read_header_pages(source: BoundedFile, packets: int) -> OggHeaderPages:
    """Read the Ogg pages that contain the given number of packets after the first page.

    Raises UnsupportedLayout if pages of other streams are between them.
    """
    first = read_page(source, 0)
    if first is None or not first.flags & _BEGIN or sum(size < 255 for size in first.lacing) != 1:
        raise UnsupportedLayout("its first page does not begin a stream")
    pages: list[OggPageHeader] = []
    spans: list[list[ByteRange]] = [[]]
    at = first.end
    while len(spans) <= packets:
        current = read_page(source, at)
        if current is None or current.end > source.size or len(pages) == _MAX_HEADER_PAGES:
            raise UnsupportedLayout("the pages of its tags are truncated")
        if current.serial != first.serial or current.flags & _BEGIN:
            raise UnsupportedLayout("it contains several streams")
        pages.append(current)
        _collect_packets(current, spans)
        at = current.end
    if len(spans) > packets + 1 or spans[-1]:
        raise UnsupportedLayout("its audio begins on the page of its tags")
    return OggHeaderPages(
        tuple(pages), tuple(map(tuple, spans[:-1])), _next_page_number(source, at, first.serial)
    )


def _next_page_number(source: BoundedFile, at: int, serial: bytes) -> int:
    """Return the number of the stream's next Ogg page; skip pages of other streams."""
    for _ in range(_MAX_TRIES):
        page = read_page(source, at)
        if page is None:
            break
        if page.serial == serial:
            return page.number
        at = page.end
    return 0


def _collect_packets(page: OggPageHeader, spans: list[list[ByteRange]]) -> None:
    at = start = page.body
    for size in page.lacing:
        at += size
        if size < 255:
            spans[-1].append(ByteRange(start, at))
            spans.append([])
            start = at
    if at > start or (page.lacing and page.lacing[-1] == 255):
        spans[-1].append(ByteRange(start, at))


def read_page(source: BoundedFile, at: int) -> OggPageHeader | None:
    """Read the header of the Ogg page at a byte offset.

    Return None if there is no page or its header is truncated.
    """
    return _parse_page(source.read(at, _HEADER_SIZE + 255), at)


def _parse_page(head: bytes, at: int) -> OggPageHeader | None:
    if (
        len(head) < _HEADER_SIZE
        or not head.startswith(_PAGE_START)
        or len(head) < _HEADER_SIZE + head[26]
    ):
        return None
    lacing = head[_HEADER_SIZE : _HEADER_SIZE + head[26]]
    body = at + _HEADER_SIZE + len(lacing)
    number = int.from_bytes(head[18:22], "little")
    return OggPageHeader(at, body, body + sum(lacing), head[14:18], number, head[5], lacing)


def renumber_pages(parts: Iterable[bytes], serial: bytes, by: int) -> Iterator[bytes]:
    """Increase the page numbers of an Ogg stream by `by`; data after the last page is unchanged.

    A page that begins another stream of the same serial number, in a chained file, ends the stream.
    The checksum is adjusted for the changed number. So a wrong checksum stays wrong, and the change
    can be reverted to the same bytes.
    """
    buffer, walking = b"", True
    for part in parts:
        buffer += part
        if not walking:
            yield buffer
            buffer = b""
            continue
        data, at = bytearray(buffer), 0
        while len(buffer) - at >= _MAX_PAGE_SIZE:
            step = _renumber_page(data, at, serial, by)
            if not step:
                walking = False
                at = len(buffer)
            at += step
        at = min(at, len(buffer))
        yield bytes(data[:at])
        buffer = buffer[at:]
    data, at = bytearray(buffer), 0
    while walking and (step := _renumber_page(data, at, serial, by)):
        at += step
    yield bytes(data)


def _renumber_page(data: bytearray, at: int, serial: bytes, by: int) -> int:
    """Increase the number of the Ogg page at an offset in place.

    Return the size of the page in bytes, or 0 if there is no page of the stream or of a
    multiplexed one.
    """
    here = _parse_page(bytes(data[at : at + _HEADER_SIZE + 255]), 0)
    if here is None or (here.serial == serial and here.flags & _BEGIN):
        return 0
    if here.serial == serial:
        number = (here.number + by) & 0xFFFFFFFF
        changed = _compute_crc_change(number ^ here.number, here.end - 22)
        sum_ = int.from_bytes(data[at + 22 : at + 26], "little") ^ changed
        struct.pack_into("<II", data, at + 18, number, sum_)
    return here.end


@lru_cache(4096)
def _compute_crc_change(bits: int, bytes_after: int) -> int:
    """Return how a page's CRC changes if the given bits of its page number change.

    `bytes_after` is the number of bytes after the page number. A CRC is linear, so the page need
    not be read.
    """
    value = crc32(bits.to_bytes(4, "little").translate(_REVERSED_BITS), 0xFFFFFFFF)
    value = crc32(_ZEROS[:bytes_after], value) ^ 0xFFFFFFFF
    return int.from_bytes(value.to_bytes(4, "little").translate(_REVERSED_BITS))
