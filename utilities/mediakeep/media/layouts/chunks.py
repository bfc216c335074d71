"""The chunks of RIFF (WAV, also RF64 and BW64) and IFF (AIFF).

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
    """A chunk: where its content begins, and the size that it claims."""

    name: bytes
    start: int
    size: int


def is_big(source: Source, start: int) -> bool:
    """Tell whether numbers are written with their largest byte first."""
    return source.read(start, 4) == b"FORM"


def walk(source: Source, start: int) -> Iterator[Chunk]:
    """Walk the chunks in the file that begins at `start`."""
    big, place, long = is_big(source, start), start + 12, 0
    for _ in range(_MOST):
        head = source.read(place, 8)
        if len(head) < 8:
            return
        name, size = head[:4], int.from_bytes(head[4:], "big" if big else "little")
        if name == b"ds64":  # the sizes that four bytes cannot hold
            long = int.from_bytes(source.read(place + 16, 8), "little")
        if name == b"data" and size == _UNKNOWN and long:
            size = long
        yield Chunk(name, place + 8, size)
        place += 8 + size + (size & 1)
