"""FLAC metadata blocks, after RFC 9639 (8)."""

from __future__ import annotations

from typing import NamedTuple

from mediakeep.media.source import Source

STREAMINFO, COMMENT, PICTURE = 0, 4, 6

_LAST = 0x80
_MOST = 1024
_SYNC = 0xFF  # first byte of a frame, not of a block


class Block(NamedTuple):
    """A metadata block: its type and the range of its content."""

    kind: int
    start: int
    end: int


class Metadata(NamedTuple):
    """The metadata blocks and their end, which is beyond the end of a truncated file."""

    blocks: list[Block]
    end: int


def walk(source: Source, offset: int) -> Metadata:
    """Read the block headers after `fLaC`; their content may be missing."""
    blocks: list[Block] = []
    for _ in range(_MOST):
        head = source.read(offset, 4)
        if len(head) < 4:
            return Metadata(blocks, source.size + 1)
        if head[0] == _SYNC:
            break
        start = offset + 4
        offset = start + int.from_bytes(head[1:])
        blocks.append(Block(head[0] & 0x7F, start, offset))
        if head[0] & _LAST:
            break
    return Metadata(blocks, offset)
