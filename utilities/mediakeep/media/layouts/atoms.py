"""The atoms of MP4 and QuickTime, after ISO/IEC 14496-12 (4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.source import AHEAD, Source

_MOST = 4096  # beside each other


class Atom(NamedTuple):
    """A named part of a file; what it holds lies from `start` to `end`.

    `claimed` is where it ends by its own word, which may be behind the end of what it is in.
    """

    name: bytes
    start: int
    end: int
    claimed: int

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return self.end - self.start


def walk(source: Source, start: int, end: int, most: int = _MOST) -> Iterator[Atom]:
    """Walk the atoms that lie beside each other; one that reaches too far ends where it must."""
    first, held = start, b""
    look = source.peek if most > _MOST else source.read  # so many lie far apart
    if end - start <= AHEAD:
        held = source.read(start, end - start)
    for _ in range(most):
        head = held[start - first : start - first + 8] or look(start, 8)
        if len(head) < 8:
            return
        size, ahead = int.from_bytes(head[:4]), 8
        if size == 0:
            size = end - start
        elif size == 1:  # a longer one stands behind the name
            size, ahead = int.from_bytes(look(start + 8, 8)), 16
        if size < ahead or start + ahead > end:
            return
        claimed = start + size
        yield Atom(head[4:], start + ahead, min(claimed, end), claimed)
        start = claimed


def find(source: Source, within: Atom, name: bytes) -> Atom | None:
    """Find an atom of a name among those in another."""
    return next((atom for atom in walk(source, *within[1:3]) if atom.name == name), None)
