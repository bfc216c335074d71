"""Find MP4 and QuickTime atoms (boxes), after ISO/IEC 14496-12 (4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.bounded_file import READ_AHEAD, BoundedFile

_MAX_SIBLINGS = 4096  # atoms with the same parent


class Atom(NamedTuple):
    """An MP4 atom: its name, and the byte offsets at which its content starts and ends.

    `claimed_end` is the end that its header declares, which may exceed the end of its parent.
    """

    name: bytes
    start: int
    end: int
    claimed_end: int

    @property
    def size(self) -> int:
        """The size of the atom's content in bytes."""
        return self.end - self.start


def walk_atoms(
    source: BoundedFile, start: int, end: int, max_count: int = _MAX_SIBLINGS
) -> Iterator[Atom]:
    """Yield up to `max_count` sibling MP4 atoms between two byte offsets.

    An atom that declares an end beyond `end` is cut there.
    """
    first, buffer = start, b""
    read_at = source.peek if max_count > _MAX_SIBLINGS else source.read  # many atoms are far apart
    if end - start <= READ_AHEAD:
        buffer = source.read(start, end - start)
    for _ in range(max_count):
        head = buffer[start - first : start - first + 8] or read_at(start, 8)
        if len(head) < 8:
            return
        size, header_size = int.from_bytes(head[:4]), 8
        if size == 0:
            size = end - start
        elif size == 1:  # a 64-bit size follows the name
            size, header_size = int.from_bytes(read_at(start + 8, 8)), 16
        if size < header_size or start + header_size > end:
            return
        claimed = start + size
        yield Atom(head[4:], start + header_size, min(claimed, end), claimed)
        start = claimed


def find_atom(source: BoundedFile, within: Atom, name: bytes) -> Atom | None:
    """Return the first child of an MP4 atom with a given name, or None."""
    return next((atom for atom in walk_atoms(source, *within[1:3]) if atom.name == name), None)
