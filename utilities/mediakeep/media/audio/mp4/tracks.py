"""Parse the MP4 header (`moov`): tracks and their tables.

After ISO/IEC 14496-12 (8.1 to 8.7).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mediakeep.media.audio.mp4 import atoms
from mediakeep.media.audio.mp4.atoms import Atom
from mediakeep.media.bounded_file import BoundedFile

_PATH_TO_TABLES = (b"mdia", b"minf", b"stbl")  # nested atoms from a track to its tables
_CHUNK_OFFSET_WIDTHS = {b"stco": 4, b"co64": 8}  # bytes of each entry of a chunk offset table
_TRACK_ATOMS = frozenset(
    {b"tkhd", b"edts", b"mdhd", b"hdlr", b"stsd", b"stts", b"stsc", b"stsz", *_CHUNK_OFFSET_WIDTHS}
)
_MAX_TRACKS = 64
_MAX_SIBLINGS = 256  # atoms with the same parent on the path to the tables

TrackAtoms = dict[bytes, Atom]  # the first atom of each name


class Mp4Movie(msgspec.Struct):
    """The content of the MP4 header (`moov`): tracks, and user data (`udta`) with the tags.

    `fragment_defaults` (`mvex`) is there only if the audio is fragmented.
    """

    tracks: list[TrackAtoms] = []
    user_data: Atom | None = None
    fragment_defaults: Atom | None = None


def parse_movie(source: BoundedFile, movie: Atom) -> Mp4Movie:
    """Parse the header atom (`moov`) of an MP4 file, up to the first malformed part."""
    result = Mp4Movie()
    for atom in atoms.walk_atoms(source, movie.start, movie.end):
        if atom.name == b"trak" and len(result.tracks) < _MAX_TRACKS:
            result.tracks.append(_parse_track(source, atom))
        elif atom.name == b"udta" and result.user_data is None:
            result.user_data = atom
        elif atom.name == b"mvex":
            result.fragment_defaults = atom
    return result


def _parse_track(source: BoundedFile, within: Atom) -> TrackAtoms:
    atoms_by_name: TrackAtoms = {}
    for name in (*_PATH_TO_TABLES, b""):
        child = None
        for atom in atoms.walk_atoms(source, within.start, within.end, _MAX_SIBLINGS):
            if atom.name == name:
                child = child or atom
            elif atom.name in _TRACK_ATOMS:
                atoms_by_name.setdefault(atom.name, atom)
        if child is None:
            break
        within = child
    return atoms_by_name


def iter_chunk_offsets(source: BoundedFile, tracks: list[TrackAtoms]) -> Iterator[tuple[int, int]]:
    """Yield a tuple for each MP4 track: the file offsets of its first and its last chunk."""
    for track in tracks:
        for name, width in _CHUNK_OFFSET_WIDTHS.items():
            if table := track.get(name):
                count = int.from_bytes(source.read(table.start + 4, 4))
                first, last = (
                    source.read(table.start + 8 + index * width, width) for index in (0, count - 1)
                )
                if count and len(last) == width:
                    yield int.from_bytes(first), int.from_bytes(last)
