"""The MP4 header (`moov`): tracks and their tables, after ISO/IEC 14496-12 (8.1 to 8.7)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mediakeep.media.layouts import atoms
from mediakeep.media.layouts.atoms import Atom
from mediakeep.media.source import Source

_WAY = (b"mdia", b"minf", b"stbl")  # nested atoms from a track to its tables
_OFFSETS = {b"stco": 4, b"co64": 8}  # bytes of each entry of a chunk offset table
_WANTED = frozenset({b"mdhd", b"hdlr", b"stsd", *_OFFSETS})
_TRACKS = 64
_BESIDE = 256  # atoms on one level of that path

Track = dict[bytes, Atom]  # the first atom of each name


class Movie(msgspec.Struct):
    """The tracks and the user data (`udta`)."""

    tracks: list[Track] = []
    user: Atom | None = None


def read(source: Source, movie: Atom) -> Movie:
    """Parse a `moov` atom, up to the first malformed part."""
    result = Movie()
    for atom in atoms.walk(source, movie.start, movie.end):
        if atom.name == b"trak" and len(result.tracks) < _TRACKS:
            result.tracks.append(_track(source, atom))
        elif atom.name == b"udta" and result.user is None:
            result.user = atom
    return result


def _track(source: Source, within: Atom) -> Track:
    atoms_by_name: Track = {}
    for name in (*_WAY, b""):
        child = None
        for atom in atoms.walk(source, within.start, within.end, _BESIDE):
            if atom.name == name:
                child = child or atom
            elif atom.name in _WANTED:
                atoms_by_name.setdefault(atom.name, atom)
        if child is None:
            break
        within = child
    return atoms_by_name


def chunks(source: Source, tracks: list[Track]) -> Iterator[tuple[int, int]]:
    """Yield the file offsets of the first and the last chunk of each track."""
    for track in tracks:
        for name, width in _OFFSETS.items():
            if table := track.get(name):
                count = int.from_bytes(source.read(table.start + 4, 4))
                first, last = (
                    source.read(table.start + 8 + index * width, width) for index in (0, count - 1)
                )
                if count and len(last) == width:
                    yield int.from_bytes(first), int.from_bytes(last)
