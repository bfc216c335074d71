"""Replace the tag list of MP4 files that mutagen misreads or would change next to its tags.

mutagen expects each `meta` atom to have a version, as in MP4 but not in QuickTime, no bytes after
the last atom of a parent, and a size in the header of each parent. Otherwise it fails, does not
find the tracks, whose offsets then stay wrong, or writes a wrong size. It also shifts chunk offsets
that lead behind the tags, but not into audio, as in files whose audio was removed.
"""

from __future__ import annotations

import struct

from mediakeep.media.audio.mp4 import chunk_offsets, tag_list, track_ranges
from mediakeep.media.audio.mp4.chunk_offsets import OffsetShift
from mediakeep.media.audio.mp4.raw_atoms import AtomRange, iter_atoms
from mediakeep.media.audio.mp4.tag_list import TagListPlace
from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.mutagen_tags.other_tags import Patch

_CONTAINERS = frozenset(
    {b"moov", b"udta", b"trak", b"mdia", b"meta", b"ilst", b"stbl", b"minf", b"moof", b"traf"}
)  # those that mutagen parses
_MAX_ATOMS, _MAX_DEPTH = 20_000, 12
_HANDLER = bytes(8) + b"mdirappl" + bytes(9)


def is_parsed_by_mutagen(source: BoundedFile) -> bool:
    """Return True if mutagen can parse the atoms of a file correctly and in a short time."""
    try:
        return 0 < _count_atoms(source, 0, source.size, 0) <= _MAX_ATOMS
    except UnsupportedLayout:
        return False


def has_offsets_outside_audio(source: BoundedFile) -> bool:
    """Return True if a chunk offset does not lead into an `mdat` atom.

    Raises UnsupportedLayout if there are no tracks, no audio, or fragments.
    """
    tracks, mdats = track_ranges.find_ranges(source)
    return any(
        not any(mdat.start <= place < mdat.end for mdat in mdats)
        for track in tracks
        for place in chunk_offsets.list_offsets(source.read(track.start, track.size))
    )


def build_patches(source: BoundedFile, content: bytes, padding: int) -> list[Patch]:
    """Return the patches that replace the content of the tag list.

    Free space next to the list is used; if it is too small, `padding` bytes are added. Then all
    parents of the list grow, and the offsets of the audio behind them are corrected. Raises
    OverflowError if a size exceeds four bytes.
    """
    place = tag_list.find_tag_list(source)
    new, span = tag_list.build_atom(b"ilst", content), _replaced_range(source, place)
    room = span.size - len(new)
    missing = [b"udta", b"meta"][len(place.parents) - 1 :]
    if missing:
        new = _wrap(new + tag_list.build_atom(b"free", bytes(padding)), missing)
    elif room >= 8:
        new += tag_list.build_atom(b"free", bytes(room - 8))
    elif room:
        new += tag_list.build_atom(b"free", bytes(padding))
    by = len(new) - span.size
    patches = [(span, new)]
    if by:
        patches += [_resize(source, atom, by) for atom in place.parents if _has_size(source, atom)]
        patches += _shift_tracks(source, place.parents[0], by)
    return sorted(patches, key=lambda patch: patch[0])


def _count_atoms(source: BoundedFile, start: int, end: int, depth: int) -> int:
    """Count the atoms between two offsets, and those inside of them.

    Return 0 if they do not fit, or if a parent has no size.
    """
    count = 0
    at = start
    for atom in iter_atoms(source, start, end):
        at = atom.end
        count += 1
        if depth > _MAX_DEPTH:
            raise UnsupportedLayout("its atoms are nested too deeply")
        if atom.name in _CONTAINERS:
            if not _has_size(source, atom):
                return 0
            body = atom.body + 4 * (atom.name == b"meta")
            inner = _count_atoms(source, body, atom.end, depth + 1)
            if not inner and body < atom.end:
                return 0
            count += inner
        if count > _MAX_ATOMS:
            break
    return count if at == end else 0


def _replaced_range(source: BoundedFile, place: TagListPlace) -> ByteRange:
    """Return the range of the list and the free space next to it, or where a list is inserted."""
    parent = place.parents[-1]
    if place.content is None:
        # In `udta`, before its atoms: some writers end it with zeros that are no atom.
        at = parent.body if parent.name == b"udta" else parent.end
        return ByteRange(at, at)
    start = parent.body + 4 * (source.read(parent.body + 4, 4) != b"hdlr")
    siblings = list(iter_atoms(source, start, parent.end))
    first = last = next(n for n, atom in enumerate(siblings) if atom.body == place.content.start)
    while first and siblings[first - 1].name == b"free":
        first -= 1
    while last + 1 < len(siblings) and siblings[last + 1].name == b"free":
        last += 1
    return ByteRange(siblings[first].start, siblings[last].end)


def _wrap(data: bytes, missing: list[bytes]) -> bytes:
    for name in reversed(missing):
        if name == b"meta":
            data = bytes(4) + tag_list.build_atom(b"hdlr", _HANDLER) + data
        data = tag_list.build_atom(name, data)
    return data


def _has_size(source: BoundedFile, atom: AtomRange) -> bool:
    """Return False if an atom extends to the end of the file."""
    return source.read(atom.start, 4) != bytes(4)


def _resize(source: BoundedFile, atom: AtomRange, by: int) -> Patch:
    size = atom.end - atom.start + by
    if source.read(atom.start, 4) == b"\0\0\0\1":  # eight bytes follow the name
        return ByteRange(atom.start + 8, atom.start + 16), struct.pack(">Q", size)
    return ByteRange(atom.start, atom.start + 4), size.to_bytes(4)


def _shift_tracks(source: BoundedFile, movie: AtomRange, by: int) -> list[Patch]:
    """Return patches for the tracks, whose audio behind the header moves."""
    tracks, mdats = track_ranges.find_ranges(source)
    moves = tuple(
        OffsetShift(span.start, span.end, by) for span in mdats if span.start >= movie.end
    )
    return [
        (track, chunk_offsets.shift_offsets(source.read(track.start, track.size), moves))
        for track in (tracks if moves else ())
    ]
