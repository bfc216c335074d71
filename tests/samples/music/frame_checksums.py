"""Checksums of MP3 and FLAC, computed bit by bit to verify those of the samples."""

from __future__ import annotations

import itertools


def frame_end(data: bytes) -> int:
    """Return the offset of the second frame of an MP3, whose header is like the first one's."""
    return next(
        at
        for at in range(100, len(data))
        if data[at : at + 2] == data[:2] and (data[at + 2] ^ data[2]) & 0x0C == 0
    )


def flac_frames(data: bytes) -> list[bytes]:
    """Split the frames of a FLAC where the checksum of each becomes 0."""
    start, at = 0, 4
    while not start:
        last, size = data[at] >> 7, int.from_bytes(data[at + 1 : at + 4])
        at += 4 + size
        start = at if last else 0
    marks = [at for at in range(start, len(data) - 1) if data[at : at + 2] == b"\xff\xf8"]
    found, here = [], start
    for end in [*marks[1:], len(data)]:
        if plain_sum(data[here:end], 0x8005, 16) == 0:
            found.append(data[here:end])
            here = end
    assert here == len(data)
    return found


def plain_sum(data: bytes, polynomial: int, bits: int) -> int:
    value, last = 0, (1 << bits) - 1
    for byte, shift in itertools.product(data, range(7, -1, -1)):
        top = (value >> bits - 1 ^ byte >> shift) & 1
        value = (value << 1 & last) ^ (polynomial if top else 0)
    return value


def reflected_sum(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value
