"""FLAC's frames, each of which tells its place, after RFC 9639 (8.2 and 9.1)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

STREAMINFO = 34  # bytes of the block that tells of all frames
HEADER = 16  # bytes that the longest frame header takes
FIXED, VARIABLE = b"\xff\xf8", b"\xff\xf9"  # how frames begin: blocks of one size, of any size

_BITS = {1: 8, 2: 12, 4: 16, 5: 20, 6: 24, 7: 32}


def _crc(byte: int) -> int:
    for _ in range(8):
        byte = (byte << 1) ^ (0x07 if byte & 0x80 else 0)
    return byte & 0xFF


_CRC = bytes(_crc(byte) for byte in range(256))


class Stream(NamedTuple):
    """What STREAMINFO tells; sizes of blocks in samples, of frames in bytes, 0 where unknown."""

    block: int
    least: int
    largest: int
    rate: int
    channels: int
    bits: int
    total: int  # samples


def streaminfo(body: bytes) -> Stream | None:
    """Read a STREAMINFO block; None where it is cut off."""
    if len(body) < STREAMINFO:
        return None
    _, block = struct.unpack_from(">HH", body)
    rest = int.from_bytes(body[10:18], "big")
    return Stream(
        block=block,
        least=int.from_bytes(body[4:7], "big"),
        largest=int.from_bytes(body[7:10], "big"),
        rate=rest >> 44,
        channels=(rest >> 41 & 7) + 1,
        bits=(rest >> 36 & 31) + 1,
        total=rest & (1 << 36) - 1,
    )


def backwards(tail: bytes, stream: Stream, sync: bytes) -> Iterator[tuple[int, int]]:
    """Give each frame that begins in `tail` and the sample it ends before, the last one first."""
    at = len(tail)
    while (at := tail.rfind(sync, 0, at + 1)) >= 0:
        if end := _end(tail[at : at + HEADER], stream):
            yield at, end
        at -= 1


def _end(head: bytes, stream: Stream) -> int:
    """The sample that a frame ends before, 0 if this is no frame of the stream (section 9.1)."""
    if len(head) < 6 or not _fits(head, stream):
        return 0
    number, at = _coded(head)
    code = head[2] >> 4
    size, at = _block_size(head, code, at)
    at += {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    crc = 0
    for byte in head[:at]:
        crc = _CRC[crc ^ byte]
    if not size or at >= len(head) or head[at] != crc:
        return 0
    return number + size if head[1] & 1 else number * stream.block + size


def _fits(head: bytes, stream: Stream) -> bool:
    """Whether rate, channels and bits are possible, and those of the stream."""
    channels, bits = head[3] >> 4, head[3] >> 1 & 7
    return (
        head[2] & 15 != 15
        and not head[3] & 1
        and (channels + 1 if channels < 8 else 2) == stream.channels
        and channels < 11
        and (not bits or _BITS.get(bits) == stream.bits)
    )


def _coded(head: bytes) -> tuple[int, int]:
    """The number of the frame or sample, written as UTF-8 writes letters, and where it ends."""
    first = head[4]
    more = 0
    while first << more & 0x80:
        more += 1
    number = first & 0x7F >> more
    for byte in head[5 : 4 + more]:
        number = number << 6 | byte & 0x3F
    return number, 4 + max(1, more)


def _block_size(head: bytes, code: int, at: int) -> tuple[int, int]:
    if code == 6:
        return head[at] + 1, at + 1
    if code == 7:
        return int.from_bytes(head[at : at + 2], "big") + 1, at + 2
    if code < 6:
        return (0, 192, 576, 1152, 2304, 4608)[code], at
    return 256 << code - 8, at
