"""The header of an MP4: its tracks and their tables, after ISO/IEC 14496-12 (8.1 to 8.7)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mediakeep.media.layouts import atoms
from mediakeep.media.layouts.atoms import Atom
from mediakeep.media.source import Source

_WAY = (b"mdia", b"minf", b"stbl")  # from a track to its tables, one in the other
_OFFSETS = {b"stco": 4, b"co64": 8}  # bytes of each place in a table of chunks
_WANTED = frozenset({b"mdhd", b"hdlr", b"stsd", *_OFFSETS})
_TRACKS = 64
_BESIDE = 256  # atoms in one on the way

Track = dict[bytes, Atom]  # the first of each kind that tells something of it


class Movie(msgspec.Struct):
    """The tracks, and what the user has told of the whole."""

    tracks: list[Track] = []
    user: Atom | None = None


def read(source: Source, movie: Atom) -> Movie:
    """Read a header, as far as it makes sense."""
    found = Movie()
    for atom in atoms.walk(source, movie.start, movie.end):
        if atom.name == b"trak" and len(found.tracks) < _TRACKS:
            found.tracks.append(_track(source, atom))
        elif atom.name == b"udta" and found.user is None:
            found.user = atom
    return found


def _track(source: Source, within: Atom) -> Track:
    found: Track = {}
    for step in (*_WAY, b""):
        following = None
        for atom in atoms.walk(source, within.start, within.end, _BESIDE):
            if atom.name == step:
                following = following or atom
            elif atom.name in _WANTED:
                found.setdefault(atom.name, atom)
        if following is None:
            break
        within = following
    return found


def chunks(source: Source, tracks: list[Track]) -> Iterator[tuple[int, int]]:
    """Give where the first and the last chunk of each track begin, in bytes of the file."""
    for track in tracks:
        for name, width in _OFFSETS.items():
            if table := track.get(name):
                count = int.from_bytes(source.read(table.start + 4, 4))
                first, last = (
                    source.read(table.start + 8 + place * width, width) for place in (0, count - 1)
                )
                if count and len(last) == width:
                    yield int.from_bytes(first), int.from_bytes(last)
