"""Find the tracks and the audio of an MP4 file, for writers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from mediakeep.media.audio.mp4 import raw_atoms
from mediakeep.media.audio.mp4.raw_atoms import AtomRange, iter_atoms
from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_FRAGMENT_ATOMS = frozenset({b"moof", b"mvex", b"sidx", b"mfra"})


def find_ranges(source: BoundedFile) -> tuple[list[ByteRange], list[ByteRange]]:
    """Return the ranges of the `trak` atoms, and of the content of the `mdat` atoms.

    Raises UnsupportedLayout if the audio is fragmented, or if there are none.
    """
    tracks, mdats = list[ByteRange](), list[ByteRange]()
    for atom in _top_atoms(source):
        if atom.name in _FRAGMENT_ATOMS:
            raise UnsupportedLayout("its audio is fragmented")
        if atom.name == b"mdat":
            mdats.append(ByteRange(atom.body, atom.end))
        elif atom.name == b"moov":
            inner = list(iter_atoms(source, atom.body, atom.end))
            if any(child.name in _FRAGMENT_ATOMS for child in inner):
                raise UnsupportedLayout("its audio is fragmented")
            tracks += [
                ByteRange(child.start, child.end) for child in inner if child.name == b"trak"
            ]
    if not tracks or not mdats:
        raise UnsupportedLayout("an atom that is required for playback is missing")
    return tracks, mdats


def _top_atoms(source: BoundedFile) -> Iterator[AtomRange]:
    """Yield the top-level MP4 atoms, up to trailing data such as an ID3v1 tag."""
    siblings = iter_atoms(source, 0, source.size)
    try:
        yield from islice(siblings, raw_atoms.MAX_ATOMS)
    except UnsupportedLayout:
        return
