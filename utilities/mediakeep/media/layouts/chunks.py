"""Chunks of RIFF (WAV, RF64, BW64) and IFF (AIFF).

After Microsoft's "Multimedia Programming Interface and Data Specifications 1.0" (RIFF), EBU Tech
3306 (RF64), ITU-R BS.2088 (BW64), and Apple's "Audio Interchange File Format" 1.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.source import Source

_MOST = 1000
_UNKNOWN = 0xFFFFFFFF


class Chunk(NamedTuple):
    """A chunk: its name, the start of its content and its declared size."""

    name: bytes
    start: int
    size: int


def is_big(source: Source, start: int) -> bool:
    """Return whether numbers are big-endian, as in AIFF."""
    return source.read(start, 4) == b"FORM"


def walk(source: Source, start: int) -> Iterator[Chunk]:
    """Yield the chunks of the file that begins at `start`."""
    big, offset, data_size = is_big(source, start), start + 12, 0
    for _ in range(_MOST):
        head = source.read(offset, 8)
        if len(head) < 8:
            return
        name, size = head[:4], int.from_bytes(head[4:], "big" if big else "little")
        if name == b"ds64":  # 64-bit sizes
            data_size = int.from_bytes(source.read(offset + 16, 8), "little")
        if name == b"data" and size == _UNKNOWN and data_size:
            size = data_size
        yield Chunk(name, offset + 8, size)
        offset += 8 + size + (size & 1)
