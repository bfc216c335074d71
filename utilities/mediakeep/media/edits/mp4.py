"""MP4: the list of tags in `moov.udta.meta.ilst`, after Apple's "Metadata Handler" and iTunes.

Free space beside the list gives way. Where that is too small, all that contains the list grows, and
the tables of the tracks are told how far the sound behind has moved.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from mediakeep.media.audio.mp4.chunk_offsets import OffsetShift
from mediakeep.media.audio.ogg.rewrite_pages import UnsupportedLayout
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.edits import ilst
from mediakeep.media.safewrite import audio_layout
from mediakeep.media.safewrite.audio_layout import AtomRange, iter_atoms
from mediakeep.media.safewrite.file_assembly import FilePart, ShiftedTrack, replace_ranges

PADDING = 4096  # bytes of fresh free space where the list has to grow

_ITUNES = b"mdir"
_HANDLER = bytes(8) + _ITUNES + b"appl" + bytes(9)
_FREE = b"free"


class Place(NamedTuple):
    """Where the list is, or is to be: what contains it from the outermost on, and what it takes."""

    around: tuple[AtomRange, ...]
    list: ByteRange | None  # its content
    span: ByteRange  # of it and of the free space beside it
    missing: tuple[bytes, ...]  # atoms that have to be made around it


def edited(source: BoundedFile, wanted: TargetTags, _manner: TagWriteOptions) -> list[FilePart]:
    """Return the file with what is wanted in its list; OverflowError where a size is too large."""
    sound = audio_layout.find_layout(source, "MP4")
    place = find(source)
    held = source.read(place.list.start, place.list.size) if place.list else b""
    new = atom(b"ilst", ilst.edited(held, wanted))
    room = place.span.size - len(new)
    if place.missing:
        new = _wrapped(new + _free(PADDING), place.missing)
    elif room == 0 or room >= 8:
        new += _free(room - 8) if room else b""
    else:
        new += _free(PADDING)
    by = len(new) - place.span.size
    patches: list[tuple[ByteRange, FilePart]] = [(place.span, new)]
    if by:
        patches += [
            _resized(source, outer, by) for outer in place.around if not _to_the_end(source, outer)
        ]
        patches += _tracks(sound, place.around[0].end, by)
    return list(replace_ranges(source.size, sorted(patches, key=lambda patch: patch[0])))


def find(source: BoundedFile) -> Place:
    """Find the list; Odd where it is not one of iTunes."""
    movie = next((one for one in iter_atoms(source, 0, source.size) if one.name == b"moov"), None)
    if movie is None:
        raise UnsupportedLayout("it has no header")
    user = _first(source, movie, movie.body, b"udta")
    if user is None:
        return Place((movie,), None, ByteRange(movie.end, movie.end), (b"udta", b"meta"))
    meta = _first(source, user, user.body, b"meta")
    if meta is None:  # in front: some writers end the atom with zeros that are no atom
        return Place((movie, user), None, ByteRange(user.body, user.body), (b"meta",))
    # In MP4 four bytes stand before the atoms in it, in QuickTime none.
    start = meta.body + 4 * (source.read(meta.body + 4, 4) != b"hdlr")
    handler = _first(source, meta, start, b"hdlr")
    if handler and source.read(handler.body + 8, 4) != _ITUNES:
        raise UnsupportedLayout("its tags are not those of iTunes")
    around = (movie, user, meta)
    inner = list(iter_atoms(source, start, meta.end))
    for index, one in enumerate(inner):
        if one.name == b"ilst":
            return Place(around, ByteRange(one.body, one.end), _with_free(inner, index), ())
    return Place(around, None, ByteRange(meta.end, meta.end), ())


def atom(name: bytes, data: bytes) -> bytes:
    """Put data into an atom; OverflowError where its size takes more than four bytes."""
    return (8 + len(data)).to_bytes(4) + name + data


def _first(source: BoundedFile, outer: AtomRange, start: int, name: bytes) -> AtomRange | None:
    return next((one for one in iter_atoms(source, start, outer.end) if one.name == name), None)


def _with_free(inner: list[AtomRange], index: int) -> ByteRange:
    first = last = index
    while first and inner[first - 1].name == _FREE:
        first -= 1
    while last + 1 < len(inner) and inner[last + 1].name == _FREE:
        last += 1
    return ByteRange(inner[first].start, inner[last].end)


def _wrapped(new: bytes, missing: tuple[bytes, ...]) -> bytes:
    for name in reversed(missing):
        if name == b"meta":
            new = bytes(4) + atom(b"hdlr", _HANDLER) + new
        new = atom(name, new)
    return new


def _free(size: int) -> bytes:
    return atom(_FREE, bytes(size))


def _to_the_end(source: BoundedFile, outer: AtomRange) -> bool:
    return source.read(outer.start, 4) == bytes(4)


def _resized(source: BoundedFile, outer: AtomRange, by: int) -> tuple[ByteRange, FilePart]:
    """Change the size of an atom, which takes eight bytes where the first four say 1."""
    if source.read(outer.start, 4) == b"\0\0\0\1":
        return ByteRange(outer.start + 8, outer.start + 16), struct.pack(
            ">Q", outer.end - outer.start + by
        )
    size = (outer.end - outer.start + by).to_bytes(4)
    return ByteRange(outer.start, outer.start + 4), size


def _tracks(
    layout: audio_layout.AudioLayout, behind: int, by: int
) -> list[tuple[ByteRange, FilePart]]:
    moves = tuple(
        OffsetShift(span.start, span.end, by) for span in layout.mdats if span.start >= behind
    )
    tracks = [part for part in layout.parts if part not in layout.mdats]
    return [(track, ShiftedTrack(track, moves)) for track in tracks] if moves else []
