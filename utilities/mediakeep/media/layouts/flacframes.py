"""FLAC frames, which are numbered, and STREAMINFO, after RFC 9639 (8.2 and 9.1)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

STREAMINFO = 34  # bytes
HEADER = 16  # bytes of the longest frame header
FIXED, VARIABLE = b"\xff\xf8", b"\xff\xf9"  # frame sync: fixed, variable block size

_BITS = {1: 8, 2: 12, 4: 16, 5: 20, 6: 24, 7: 32}


def _crc(byte: int) -> int:
    for _ in range(8):
        byte = (byte << 1) ^ (0x07 if byte & 0x80 else 0)
    return byte & 0xFF


_CRC = bytes(_crc(byte) for byte in range(256))


class Stream(NamedTuple):
    """The STREAMINFO block; block sizes in samples, frame sizes in bytes, 0 if unknown."""

    block: int
    least: int
    largest: int
    rate: int
    channels: int
    bits: int
    total: int  # samples


def streaminfo(body: bytes) -> Stream | None:
    """Parse a STREAMINFO block; return None if it is truncated."""
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
    """Yield offset and end sample (exclusive) of each frame in `tail`, the last one first."""
    offset = len(tail)
    while (offset := tail.rfind(sync, 0, offset + 1)) >= 0:
        if end := _end(tail[offset : offset + HEADER], stream):
            yield offset, end
        offset -= 1


def _end(head: bytes, stream: Stream) -> int:
    """Return the end sample of a frame (exclusive); 0 if it is no frame of the stream (9.1)."""
    if len(head) < 6 or not _fits(head, stream):
        return 0
    number, offset = _coded(head)
    code = head[2] >> 4
    size, offset = _block_size(head, code, offset)
    offset += {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    crc = 0
    for byte in head[:offset]:
        crc = _CRC[crc ^ byte]
    if not size or offset >= len(head) or head[offset] != crc:
        return 0
    return number + size if head[1] & 1 else number * stream.block + size


def _fits(head: bytes, stream: Stream) -> bool:
    """Return whether a frame has the channels and bits per sample of the stream."""
    channels, bits = head[3] >> 4, head[3] >> 1 & 7
    return (
        head[2] & 15 != 15
        and not head[3] & 1
        and (channels + 1 if channels < 8 else 2) == stream.channels
        and channels < 11
        and (not bits or _BITS.get(bits) == stream.bits)
    )


def _coded(head: bytes) -> tuple[int, int]:
    """Decode the UTF-8-like frame or sample number; return it and its end."""
    first = head[4]
    extra_bytes = 0
    while first << extra_bytes & 0x80:
        extra_bytes += 1
    number = first & 0x7F >> extra_bytes
    for byte in head[5 : 4 + extra_bytes]:
        number = number << 6 | byte & 0x3F
    return number, 4 + max(1, extra_bytes)


def _block_size(head: bytes, code: int, offset: int) -> tuple[int, int]:
    if code == 6:
        return head[offset] + 1, offset + 1
    if code == 7:
        return int.from_bytes(head[offset : offset + 2], "big") + 1, offset + 2
    if code < 6:
        return (0, 192, 576, 1152, 2304, 4608)[code], offset
    return 256 << code - 8, offset
