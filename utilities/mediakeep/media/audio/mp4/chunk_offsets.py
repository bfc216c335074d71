"""Read and shift the chunk offset tables of MP4 tracks, after ISO/IEC 14496-12 (8.7.5)."""

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
    """A move of audio within a rewritten MP4 file.

    The bytes from `start` to `end` of the old file are `by` bytes further back in the new file.
    """

    start: int
    end: int
    by: int


def shift_offsets(track: bytes, moves: tuple[OffsetShift, ...]) -> bytes:
    """Return the bytes of an MP4 `trak` atom with its chunk offsets changed by the given moves.

    Raises OverflowError if an offset does not fit into its field.
    """
    changed = bytearray(track)
    for start, places in _iter_offset_arrays(track):
        for index, place in enumerate(places):
            for move in moves:
                if move.start <= place < move.end:
                    places[index] = place + move.by
                    break
        _swap_bytes(places)
        changed[start : start + len(places) * places.itemsize] = places.tobytes()
    return bytes(changed)


def list_offsets(track: bytes) -> list[int]:
    """Return the chunk offsets in the bytes of an MP4 `trak` atom."""
    return [place for _, places in _iter_offset_arrays(track) for place in places]


def _iter_offset_arrays(track: bytes) -> Iterator[tuple[int, array[int]]]:
    """Yield the chunk offsets of each table in a track, after the position of the first one."""
    for name, start, end in _find_tables(track, 8, len(track)):
        code, width = _TABLES[name]
        count = min(int.from_bytes(track[start + 4 : start + 8]), (end - start - 8) // width)
        places = array(code, track[start + 8 : start + 8 + count * width])
        _swap_bytes(places)
        yield start + 8, places


def _swap_bytes(places: array[int]) -> None:
    if byteorder == "little":
        places.byteswap()


def _find_tables(track: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk offset table in a track: its name, and the start and end of its content."""
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
