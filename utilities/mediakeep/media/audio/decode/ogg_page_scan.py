"""Check the pages of Ogg files, after RFC 3533: checksums, sequence numbers, headers and ends."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import msgspec

from mediakeep.media.audio.ogg import ogg_stream
from mediakeep.media.bounded_file import BoundedFile

_MAGIC = b"OggS"
_PAGE_HEADER_SIZE = 27  # bytes of a page header without the segment table
_MAX_PAGE_SIZE = _PAGE_HEADER_SIZE + 255 + 255 * 255
_SEARCH_SIZE = 1 << 16
_MAX_TRIES = 10_000
_BEGIN_FLAG, _END_FLAG = 0x02, 0x04
_NO_GRANULE_POSITION = 2**64 - 1  # granule position of a page without a packet end
_UNFINISHED_PACKET = b"\xff"  # last segment of a page whose last packet continues on another one
_LATE_START = 60 * 48_000  # samples; more than a page holds
_COMMENT_STARTS: Mapping[bytes, bytes] = {b"\x01vorbis": b"\x03vorbis", b"OpusHead": b"OpusTags"}
_BIT_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class OggPageScan(msgspec.Struct):
    """What is wrong with the pages of an Ogg file, as positions in samples from its start.

    `damaged` are those of pages that are damaged or missing, and `unmarked_ends` those at which a
    stream of audio ends without the flag for it. Recorders of Android and of radio streams set no
    such flag, so it is no proof that the last pages are missing. In a chain, the length of each
    stream is that of its last granule position.
    """

    damaged: list[int] = []
    unmarked_ends: list[int] = []


class _Link(msgspec.Struct):
    """The streams that begin together in a chain, at `start` samples; `granule` is their last."""

    start: int = 0
    first: int = 0  # the first granule position that is not 0
    granule: int = 0
    comments: dict[bytes, bytes] = {}  # how the second packet of a stream begins, until it is read
    unended: dict[bytes, bool] = {}  # the streams of audio without an end, and if a packet goes on

    @property
    def position(self) -> int:
        """The position in the file; a stream that was recorded late began at any time."""
        return self.start + self.granule - (self.first if self.first > _LATE_START else 0)

    def begin_stream(self, serial: bytes, packet: bytes) -> None:
        if codec := ogg_stream.identify_codec(packet):
            self.unended[serial] = False
            self.comments[serial] = _COMMENT_STARTS.get(codec.magic, b"")


def scan_pages(source: BoundedFile) -> OggPageScan:
    """Check the pages of an Ogg file: their checksums, sequence numbers, headers and ends.

    Bytes between pages count as one damaged page. Data after the end of the stream is ignored, and
    so is a gap before the audio, which tools that rewrite tags may leave, if the tags are there.
    """
    scan, link, offset, is_ended = OggPageScan(), _Link(), 0, False
    numbers: dict[bytes, int] = {}
    while offset < source.size:
        page = _read_valid_page(source, offset)
        if page is None:
            next_page = _find_next_page(source, offset + 1)
            if next_page or not is_ended or source.read(offset, len(_MAGIC)) == _MAGIC:
                scan.damaged.append(link.position)
            if next_page is None:
                break
            offset, numbers = next_page, {}
            link.comments.clear()
            continue
        number, serial = int.from_bytes(page[18:22], "little"), page[14:18]
        lacing, is_ended = page[_PAGE_HEADER_SIZE:][: page[26]], bool(page[5] & _END_FLAG)
        body = page[_PAGE_HEADER_SIZE + page[26] :]
        if page[5] & _BEGIN_FLAG:
            if link.granule:
                _end_link(scan, link)
                link = _Link(start=link.position)
            link.begin_stream(serial, body[: ogg_stream.IDENTIFICATION_SIZE])
        else:
            follows = numbers.get(serial, number - 1) == number - 1
            has_tags = body.startswith(link.comments.pop(serial, b""))
            if (link.granule and not follows) or not has_tags:
                scan.damaged.append(link.position)
        numbers[serial] = number
        if serial in link.unended:
            link.unended[serial] = lacing[-1:] == _UNFINISHED_PACKET
            if is_ended:
                del link.unended[serial]
        position = int.from_bytes(page[6:14], "little")
        if position != _NO_GRANULE_POSITION:
            link.granule = position
            link.first = link.first or position
        offset += len(page)
    _end_link(scan, link)
    return scan


def _end_link(scan: OggPageScan, link: _Link) -> None:
    if not link.unended or link.position in scan.damaged[-1:]:
        return
    is_unfinished = any(link.unended.values())
    (scan.damaged if is_unfinished else scan.unmarked_ends).append(link.position)


def page_checksum(page: bytes) -> int:
    """Return the checksum of an Ogg page, computed with zeros in its checksum field.

    It is a CRC-32 with the opposite bit order of zlib's and the initial value 0.
    """
    blank = page[:22] + bytes(4) + page[26:]
    reversed_sum = crc32(blank.translate(_BIT_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(reversed_sum.to_bytes(4, "little").translate(_BIT_REVERSED))


def _read_valid_page(source: BoundedFile, offset: int) -> bytes | None:
    """Return the bytes of the Ogg page at an offset.

    Return None if there is no page or its checksum is wrong.
    """
    head = source.read(offset, _PAGE_HEADER_SIZE + 255)
    if not head.startswith(_MAGIC) or len(head) < _PAGE_HEADER_SIZE:
        return None
    size = (
        _PAGE_HEADER_SIZE + head[26] + sum(head[_PAGE_HEADER_SIZE : _PAGE_HEADER_SIZE + head[26]])
    )
    page = source.read(offset, size)
    is_valid = len(page) == size and page_checksum(page) == int.from_bytes(page[22:26], "little")
    return page if is_valid else None


def _find_next_page(source: BoundedFile, start: int) -> int | None:
    """Return the offset of the next valid Ogg page, or None if none is found.

    The search also ends after too many tries.
    """
    tries = _MAX_TRIES
    for begin in range(start, source.size, _SEARCH_SIZE):
        piece, position = source.read(begin, _SEARCH_SIZE + len(_MAGIC) - 1), -1
        while (position := piece.find(_MAGIC, position + 1)) >= 0:
            if _read_valid_page(source, begin + position):
                return begin + position
            tries -= 1
            if not tries:
                return None
    return None
