"""Read the packets of an MP4 track by its tables, after ISO/IEC 14496-12 (8.6 and 8.7)."""

from __future__ import annotations

import os
import struct
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.errors import DecodingFailed
from mediakeep.media import ffmpeg, open_file
from mediakeep.media.audio.mp4 import atoms, mp4_stream
from mediakeep.media.audio.mp4.tracks import TrackAtoms
from mediakeep.media.bounded_file import BoundedFile

_HANDLERS = {b"soun": "audio", b"vide": "video"}
_READ_SIZE = 1 << 16  # bytes
_HEAD_SIZE = 8  # bytes of version, flags and count


class SampleTables(msgspec.Struct, frozen=True):
    """The tables of an MP4 track.

    `durations` are runs of a number of packets and the duration of each. `edits` have the duration
    in units of the movie, and the start in units of the track or -1. `groups` are the first chunks,
    counted from 1, with a new number of packets, and that number. `offsets` are those of the chunks
    in the file; `sizes_offset` is that of the table with the size of each packet.
    """

    durations: list[tuple[int, int]]
    edits: list[tuple[int, int]]
    groups: list[tuple[int, int]]
    offsets: array[int]
    packets: int
    sizes_offset: int

    @property
    def duration(self) -> int:
        """The duration of all packets, in units of the track."""
        return sum(count * duration for count, duration in self.durations)


@contextmanager
def open_track(path: Path, handler: bytes) -> Iterator[tuple[BoundedFile, SampleTables]]:
    """Open a file, and read the tables of the first track with a handler such as b"soun".

    Raises Unreadable, and DecodingFailed if it has no such track or its tables are malformed.
    """
    with open_file.open_regular_file(path) as file, ffmpeg.translate_errors(path):
        source = BoundedFile(file.fileno(), os.fstat(file.fileno()).st_size, _READ_SIZE)
        track = mp4_stream.find_track(source, handler)
        if track is None:
            wanted = _HANDLERS.get(handler, handler.decode("latin-1"))
            raise DecodingFailed(path, f"its header has no track of {wanted}")
        try:
            tables = read_tables(source, track)
        except ValueError as error:
            raise DecodingFailed(path, str(error)) from error
        yield source, tables


def read_tables(source: BoundedFile, track: TrackAtoms) -> SampleTables:
    """Return the tables of a track; raise ValueError if they are malformed."""
    sizes = track.get(b"stsz")
    if sizes is None:
        raise ValueError("it has no table of packets")
    constant, packets = struct.unpack(">4xII", source.read(sizes.start, 12).ljust(12, b"\0"))
    if constant or packets * 4 > sizes.size - 12:
        raise ValueError("its table of packets is malformed")
    is_long = b"co64" in track
    offsets = array("Q", _read_numbers(source, track, b"co64" if is_long else b"stco", is_long))
    return SampleTables(
        durations=_read_rows(source, track, b"stts", "II"),
        edits=_read_edits(source, track),
        groups=[(first, count) for first, count, _ in _read_rows(source, track, b"stsc", "III")],
        offsets=offsets,
        packets=packets,
        sizes_offset=sizes.start + 12,
    )


def read_packets(
    source: BoundedFile, tables: SampleTables, first: int = 0, end: int | None = None
) -> Iterator[bytes]:
    """Yield the packets from number `first` up to, not with, `end`.

    The last ones are shorter or missing if the file is truncated.
    """
    end = tables.packets if end is None else end
    for offset, start, stop in _find_chunks(tables, first, end):
        sizes = _read_sizes(source, tables, start, stop)
        data, at = source.read(offset, sum(sizes)), 0
        for number, size in enumerate(sizes, start):
            if first <= number < end:
                yield data[at : at + size]
            at += size


def find_data_end(source: BoundedFile, tables: SampleTables) -> int:
    """Return the offset after the last packet of a track."""
    found = _find_chunks(tables, tables.packets - 1, tables.packets)
    ends = (offset + sum(_read_sizes(source, tables, *chunk)) for offset, *chunk in found)
    return max(ends, default=0)


def _find_chunks(tables: SampleTables, first: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the chunks with wanted packets: the offset, and the numbers of their packets."""
    groups = dict(tables.groups)
    start = count = 0
    for number, offset in enumerate(tables.offsets, 1):
        count = groups.get(number, count)
        if start >= end:
            return
        if start + count > first:
            yield offset, start, start + count
        start += count


def _read_sizes(source: BoundedFile, tables: SampleTables, start: int, stop: int) -> array[int]:
    stop = min(stop, tables.packets)
    data = source.read(tables.sizes_offset + 4 * start, 4 * (stop - start))
    sizes = array("I", data[: len(data) // 4 * 4])
    if sys.byteorder == "little":
        sizes.byteswap()
    return sizes


def _read_edits(source: BoundedFile, track: TrackAtoms) -> list[tuple[int, int]]:
    outer = track.get(b"edts")
    edits = atoms.find_atom(source, outer, b"elst") if outer else None
    if edits is None:
        return []
    is_long = source.read(edits.start, 1) == b"\1"
    rows = _read_rows(source, {b"elst": edits}, b"elst", "QqI" if is_long else "IiI")
    return [(duration, start) for duration, start, _ in rows]


def _read_rows(source: BoundedFile, track: TrackAtoms, name: bytes, row: str) -> list[Any]:
    data = _read_table(source, track, name, struct.calcsize(f">{row}"))
    return list(struct.iter_unpack(f">{row}", data))


def _read_numbers(source: BoundedFile, track: TrackAtoms, name: bytes, is_long: bool) -> array[int]:
    numbers = array("Q" if is_long else "I", _read_table(source, track, name, 8 if is_long else 4))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _read_table(source: BoundedFile, track: TrackAtoms, name: bytes, row_size: int) -> bytes:
    atom = track.get(name)
    if atom is None:
        raise ValueError(f"it has no {name.decode()}")
    size = row_size * int.from_bytes(source.read(atom.start + 4, 4))
    data = source.read(atom.start + _HEAD_SIZE, size) if size <= atom.size - _HEAD_SIZE else b""
    if len(data) < size:
        raise ValueError(f"its {name.decode()} is malformed")
    return data
