"""FLAC's metadata blocks, after RFC 9639 (8)."""

from __future__ import annotations

from typing import NamedTuple

from mediakeep.media.source import Source

STREAMINFO, COMMENT, PICTURE = 0, 4, 6

_LAST = 0x80
_MOST = 1024
_SYNC = 0xFF  # opens a frame, not a block


class Block(NamedTuple):
    """A block: its type, and where its content lies."""

    kind: int
    start: int
    end: int


class Metadata(NamedTuple):
    """The blocks, and where they end: behind the end of the file where they are cut off."""

    blocks: list[Block]
    end: int


def walk(source: Source, place: int) -> Metadata:
    """Walk the blocks behind `fLaC`, whose content nobody need believe to be there."""
    found: list[Block] = []
    for _ in range(_MOST):
        head = source.read(place, 4)
        if len(head) < 4:
            return Metadata(found, source.size + 1)
        if head[0] == _SYNC:
            break
        start = place + 4
        place = start + int.from_bytes(head[1:])
        found.append(Block(head[0] & 0x7F, start, place))
        if head[0] & _LAST:
            break
    return Metadata(found, place)
