"""Check the checksums and sequence numbers of Ogg pages, after RFC 3533."""

from __future__ import annotations

from zlib import crc32

from mediakeep.media.source import Source

_MARK = b"OggS"
_FIXED = 27  # bytes of a page header without the segment table
_LARGEST = _FIXED + 255 + 255 * 255
_SEARCHED = 1 << 16
_TRIES = 10_000
_BEGIN, _END = 0x02, 0x04
_NOWHERE = 2**64 - 1  # granule position of a page without a packet end
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def walk(source: Source) -> list[int]:
    """Return the granule positions before damaged or missing pages, in samples.

    Each page is checked for its checksum and its sequence number. Bytes between pages count as one
    damaged page. Data after the end of the stream is ignored, and so is a gap before the audio,
    which tools that rewrite tags may leave.
    """
    offset, granule, is_ended, damaged = 0, 0, False, list[int]()
    numbers: dict[bytes, int] = {}
    while offset < source.size:
        page = _page(source, offset)
        if page is None:
            next_page = _search(source, offset + 1)
            if next_page or not is_ended or source.read(offset, len(_MARK)) == _MARK:
                damaged.append(granule)
            if next_page is None:
                break
            offset, numbers = next_page, {}
            continue
        number, serial = int.from_bytes(page[18:22], "little"), page[14:18]
        follows = page[5] & _BEGIN or numbers.get(serial, number - 1) == number - 1
        if granule and not follows:
            damaged.append(granule)
        numbers[serial], is_ended = number, bool(page[5] & _END)
        position = int.from_bytes(page[6:14], "little")
        granule = granule if position == _NOWHERE else position
        offset += len(page)
    return damaged


def checksum(page: bytes) -> int:
    """Return the checksum of a page, computed with its own field as zeros.

    It is a CRC-32 with the opposite bit order of zlib's and the initial value 0.
    """
    blank = page[:22] + bytes(4) + page[26:]
    reversed_sum = crc32(blank.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(reversed_sum.to_bytes(4, "little").translate(_REVERSED))


def _page(source: Source, offset: int) -> bytes | None:
    """Return the whole page at an offset; None if there is none or its checksum is wrong."""
    head = source.read(offset, _FIXED + 255)
    if not head.startswith(_MARK) or len(head) < _FIXED:
        return None
    size = _FIXED + head[26] + sum(head[_FIXED : _FIXED + head[26]])
    page = source.read(offset, size)
    is_valid = len(page) == size and checksum(page) == int.from_bytes(page[22:26], "little")
    return page if is_valid else None


def _search(source: Source, start: int) -> int | None:
    """Return the offset of the next valid page; None if there is none or after too many tries."""
    tries = _TRIES
    for begin in range(start, source.size, _SEARCHED):
        piece, position = source.read(begin, _SEARCHED + len(_MARK) - 1), -1
        while (position := piece.find(_MARK, position + 1)) >= 0:
            if _page(source, begin + position):
                return begin + position
            tries -= 1
            if not tries:
                return None
    return None
