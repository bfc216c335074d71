"""Find the tag list of an MP4 file, `moov.udta.meta.ilst`, and its items, for writers.

After Apple's "Metadata Handler" and what iTunes writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.audio.mp4.raw_atoms import AtomRange, iter_atoms
from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_ITUNES_HANDLER = b"mdir"


class TagListPlace(NamedTuple):
    """The existing atoms that contain the tag list, the outermost first, and its content."""

    parents: tuple[AtomRange, ...]
    content: ByteRange | None = None


def find_tag_list(source: BoundedFile) -> TagListPlace:
    """Return where the tag list is; raise UnsupportedLayout if it is not one of iTunes."""
    movie = next((one for one in iter_atoms(source, 0, source.size) if one.name == b"moov"), None)
    if movie is None:
        raise UnsupportedLayout("it has no header")
    user = _find_child(source, movie, movie.body, b"udta")
    if user is None:
        return TagListPlace((movie,))
    meta = _find_child(source, user, user.body, b"meta")
    if meta is None:
        return TagListPlace((movie, user))
    # In MP4 four bytes precede the child atoms, in QuickTime none.
    start = meta.body + 4 * (source.read(meta.body + 4, 4) != b"hdlr")
    handler = _find_child(source, meta, start, b"hdlr")
    if handler and source.read(handler.body + 8, 4) != _ITUNES_HANDLER:
        raise UnsupportedLayout("its tags are not those of iTunes")
    tags = _find_child(source, meta, start, b"ilst")
    content = ByteRange(tags.body, tags.end) if tags else None
    return TagListPlace((movie, user, meta), content)


def read_content(source: BoundedFile) -> bytes:
    """Return the content of the tag list, or b"" if there is none."""
    span = find_tag_list(source).content
    return source.read(span.start, span.size) if span else b""


def split_atoms(data: bytes, at: int = 0) -> Iterator[bytes]:
    """Yield the atoms in `data` from an offset on; raise ValueError if one exceeds it."""
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        if size < 8 or at + size > len(data):
            raise ValueError("an atom exceeds its parent")
        yield data[at : at + size]
        at += size


def build_atom(name: bytes, data: bytes) -> bytes:
    """Return an atom; raise OverflowError if its size exceeds four bytes."""
    return (8 + len(data)).to_bytes(4) + name + data


def _find_child(
    source: BoundedFile, parent: AtomRange, start: int, name: bytes
) -> AtomRange | None:
    children = iter_atoms(source, start, parent.end)
    return next((atom for atom in children if atom.name == name), None)
