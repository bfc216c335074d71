"""The walk through the pages of an Ogg file: checksums and numbers, after RFC 3533."""

from __future__ import annotations

from zlib import crc32

from mediakeep.media.source import Source

_MARK = b"OggS"
_FIXED = 27  # bytes of a page before its table of segments
_LARGEST = _FIXED + 255 + 255 * 255
_SEARCHED = 1 << 16
_TRIES = 10_000
_BEGIN, _END = 0x02, 0x04
_NOWHERE = 2**64 - 1  # the granule position of a page on which no packet ends
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def walk(source: Source) -> list[int]:
    """Check every page: its sum, and whether it follows the one before it in its stream.

    Return the granule positions before damaged or missing pages, in samples from the beginning.
    Bytes between pages count as one damaged place. What lies behind the end of the stream is passed
    over, and so is a gap before the audio, which tools leave that rewrite the tags.
    """
    at, granule, ended, found = 0, 0, False, list[int]()
    numbers: dict[bytes, int] = {}
    while at < source.size:
        page = _page(source, at)
        if page is None:
            following = _search(source, at + 1)
            if following or not ended or source.read(at, len(_MARK)) == _MARK:
                found.append(granule)
            if following is None:
                break
            at, numbers = following, {}
            continue
        number, serial = int.from_bytes(page[18:22], "little"), page[14:18]
        follows = page[5] & _BEGIN or numbers.get(serial, number - 1) == number - 1
        if granule and not follows:
            found.append(granule)
        numbers[serial], ended = number, bool(page[5] & _END)
        here = int.from_bytes(page[6:14], "little")
        granule = granule if here == _NOWHERE else here
        at += len(page)
    return found


def checksum(page: bytes) -> int:
    """Return the sum of a page, in which the place of the sum itself counts as zeros.

    It is a CRC-32 with the bits of each byte in the other order than zlib's, begun with 0.
    """
    blank = page[:22] + bytes(4) + page[26:]
    turned = crc32(blank.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_REVERSED))


def _page(source: Source, at: int) -> bytes | None:
    """Return the whole page that begins here; None if there is none, or its sum is wrong."""
    head = source.read(at, _FIXED + 255)
    if not head.startswith(_MARK) or len(head) < _FIXED:
        return None
    size = _FIXED + head[26] + sum(head[_FIXED : _FIXED + head[26]])
    page = source.read(at, size)
    sound = len(page) == size and checksum(page) == int.from_bytes(page[22:26], "little")
    return page if sound else None


def _search(source: Source, start: int) -> int | None:
    """Find the next sound page; None where there is none, or too much that only looks like one."""
    tries = _TRIES
    for begin in range(start, source.size, _SEARCHED):
        piece, at = source.read(begin, _SEARCHED + len(_MARK) - 1), -1
        while (at := piece.find(_MARK, at + 1)) >= 0:
            if _page(source, begin + at):
                return begin + at
            tries -= 1
            if not tries:
                return None
    return None
