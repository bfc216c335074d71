"""Check the checksums and sequence numbers of Ogg pages, after RFC 3533."""

from __future__ import annotations

from zlib import crc32

from mediakeep.media.bounded_file import BoundedFile

_MAGIC = b"OggS"
_PAGE_HEADER_SIZE = 27  # bytes of a page header without the segment table
_MAX_PAGE_SIZE = _PAGE_HEADER_SIZE + 255 + 255 * 255
_SEARCH_SIZE = 1 << 16
_MAX_TRIES = 10_000
_BEGIN_FLAG, _END_FLAG = 0x02, 0x04
_NO_GRANULE_POSITION = 2**64 - 1  # granule position of a page without a packet end
_BIT_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def find_damaged_pages(source: BoundedFile) -> list[int]:
    """Return where an Ogg file has damaged or missing pages, as granule positions in samples.

    A granule position is the number of samples before the damage. Each page is checked for its
    checksum and its sequence number. Bytes between pages count as one damaged page. Data after the
    end of the stream is ignored, and so is a gap before the audio, which tools that rewrite tags
    may leave.
    """
    offset, granule, is_ended, damaged = 0, 0, False, list[int]()
    numbers: dict[bytes, int] = {}
    while offset < source.size:
        page = _read_valid_page(source, offset)
        if page is None:
            next_page = _find_next_page(source, offset + 1)
            if next_page or not is_ended or source.read(offset, len(_MAGIC)) == _MAGIC:
                damaged.append(granule)
            if next_page is None:
                break
            offset, numbers = next_page, {}
            continue
        number, serial = int.from_bytes(page[18:22], "little"), page[14:18]
        follows = page[5] & _BEGIN_FLAG or numbers.get(serial, number - 1) == number - 1
        if granule and not follows:
            damaged.append(granule)
        numbers[serial], is_ended = number, bool(page[5] & _END_FLAG)
        position = int.from_bytes(page[6:14], "little")
        granule = granule if position == _NO_GRANULE_POSITION else position
        offset += len(page)
    return damaged


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
