"""Walk MP4 atoms strictly, for writers: no atom may exceed its parent (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.bounded_file import BoundedFile

MAX_ATOMS = 4096  # sibling atoms


class AtomRange(NamedTuple):
    """The byte offsets of an MP4 atom, its content (`body`) and its end."""

    name: bytes
    start: int
    body: int
    end: int


def iter_atoms(source: BoundedFile, start: int, end: int) -> Iterator[AtomRange]:
    """Yield the sibling MP4 atoms between two byte offsets.

    Raises UnsupportedLayout if an atom exceeds its parent.
    """
    for _ in range(MAX_ATOMS):
        head = source.read(start, 16)
        if start >= end or len(head) < 8:
            return
        size, body = int.from_bytes(head[:4]), start + 8
        if size == 1:
            size, body = int.from_bytes(head[8:]), start + 16
        elif size == 0:
            size = end - start
        if start + size < body or start + size > end:
            raise UnsupportedLayout("its atoms are not nested properly")
        yield AtomRange(head[4:8], start, body, start + size)
        start += size
