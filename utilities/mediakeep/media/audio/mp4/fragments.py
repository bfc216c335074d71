"""Find the duration of fragmented MP4 files, after ISO/IEC 14496-12 (8.8 and 8.16.3).

The tables in `moov` are empty in such a file; each `moof` describes the samples of the next `mdat`.
"""

from __future__ import annotations

import struct

from mediakeep.media.audio.mp4 import atoms
from mediakeep.media.audio.mp4.atoms import Atom
from mediakeep.media.audio.mp4.tracks import Mp4Movie, TrackAtoms
from mediakeep.media.bounded_file import BoundedFile

_MAX_RUNS = 256  # `trun` atoms in one fragment
_MAX_RUN_SIZE = 65_536  # bytes of one `trun`
# The optional fields of `tfhd` before the default sample duration, by flag: their sizes in bytes.
_HEADER_FIELDS = ((0x01, 8), (0x02, 4))
_DEFAULT_DURATION_FLAG = 0x08
_RUN_DATA_OFFSET_FLAG, _RUN_FIRST_FLAGS_FLAG = 0x01, 0x04
_RUN_DURATION_FLAG = 0x100
_RUN_SAMPLE_FLAGS = (0x100, 0x200, 0x400, 0x800)  # each adds 4 bytes to a sample


def find_duration(source: BoundedFile, top: list[Atom], movie: Mp4Movie, track: TrackAtoms) -> int:
    """Return the duration of a track of a fragmented file in its own time units, 0 if unknown.

    It is the decode time of the last fragment, plus the durations of its samples.
    """
    header = track.get(b"tkhd")
    if header is None or movie.fragment_defaults is None:
        return 0
    head = source.read(header.start, 24)
    track_id = head[20:24] if head[:1] == b"\1" else head[12:16]
    default = _default_sample_duration(source, movie.fragment_defaults, track_id)
    for fragment in reversed([atom for atom in top if atom.name == b"moof"]):
        for part in atoms.walk_atoms(source, fragment.start, fragment.end, _MAX_RUNS):
            if part.name == b"traf" and (end := _fragment_end(source, part, track_id, default)):
                return end
    return 0


def _default_sample_duration(source: BoundedFile, defaults: Atom, track_id: bytes) -> int:
    for atom in atoms.walk_atoms(source, defaults.start, defaults.end, _MAX_RUNS):
        data = source.read(atom.start, 16)
        if atom.name == b"trex" and data[4:8] == track_id:
            return int.from_bytes(data[12:16])
    return 0


def _fragment_end(source: BoundedFile, fragment: Atom, track_id: bytes, default: int) -> int:
    """Return the time at which a track fragment ends; 0 for another track or without a time."""
    start, durations = None, 0
    for atom in atoms.walk_atoms(source, fragment.start, fragment.end, _MAX_RUNS):
        data = source.read(atom.start, min(atom.size, _MAX_RUN_SIZE))
        flags = int.from_bytes(data[1:4])
        if atom.name == b"tfhd":
            if data[4:8] != track_id:
                return 0
            at = 8 + sum(size for flag, size in _HEADER_FIELDS if flags & flag)
            if flags & _DEFAULT_DURATION_FLAG:
                default = int.from_bytes(data[at : at + 4])
        elif atom.name == b"tfdt":
            start = int.from_bytes(data[4:12] if data[:1] == b"\1" else data[4:8])
        elif atom.name == b"trun":
            durations += _run_duration(data, flags, default)
    return 0 if start is None else start + durations


def _run_duration(data: bytes, flags: int, default: int) -> int:
    count = int.from_bytes(data[4:8])
    if not flags & _RUN_DURATION_FLAG:
        return count * default
    at = 8 + 4 * bool(flags & _RUN_DATA_OFFSET_FLAG) + 4 * bool(flags & _RUN_FIRST_FLAGS_FLAG)
    width = 4 * sum(bool(flags & flag) for flag in _RUN_SAMPLE_FLAGS)
    count = min(count, (len(data) - at) // width)
    return sum(struct.unpack_from(">I", data, at + index * width)[0] for index in range(count))
