"""The chunk offset tables of MP4, after ISO/IEC 14496-12 (8.7.5)."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from sys import byteorder
from typing import NamedTuple

_CONTAINERS = frozenset({b"mdia", b"minf", b"stbl"})
_TABLES = {b"stco": ("I", 4), b"co64": ("Q", 8)}
_HEAD = struct.Struct(">I4s")


class OffsetShift(NamedTuple):
    """Bytes `start` to `end` of the old file, at an offset larger by `by` in the new one."""

    start: int
    end: int
    by: int


def shift_offsets(track: bytes, moves: tuple[OffsetShift, ...]) -> bytes:
    """Return a `trak` with shifted offsets; raise OverflowError if one does not fit."""
    changed = bytearray(track)
    for name, start, end in _find_tables(track, 8, len(track)):
        code, width = _TABLES[name]
        count = min(int.from_bytes(track[start + 4 : start + 8]), (end - start - 8) // width)
        stop = start + 8 + count * width
        places = array(code, track[start + 8 : stop])
        _swap_bytes(places)
        for index, place in enumerate(places):
            for move in moves:
                if move.start <= place < move.end:
                    places[index] = place + move.by
                    break
        _swap_bytes(places)
        changed[start + 8 : stop] = places.tobytes()
    return bytes(changed)


def _swap_bytes(places: array[int]) -> None:
    if byteorder == "little":
        places.byteswap()


def _find_tables(track: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of the content of each offset table in a track."""
    while at + 8 <= end:
        size, name = _HEAD.unpack_from(track, at)
        if size < 8:
            return
        inside = min(at + size, end)
        if name in _CONTAINERS:
            yield from _find_tables(track, at + 8, inside)
        elif name in _TABLES and inside - at >= 16:
            yield name, at + 8, inside
        at += size
