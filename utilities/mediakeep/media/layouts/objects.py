"""ASF objects, identified by GUIDs, after Microsoft's ASF specification 01.20.05 (2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from mediakeep.media.source import Source

HEADER = 30  # bytes of the header object before its children

_MOST = 1000
_AHEAD = 24  # bytes: GUID and size


class Object(NamedTuple):
    """An object, whose content is the bytes from `start` to `end`."""

    guid: bytes
    start: int
    end: int


def guid(text: str) -> bytes:
    """Return the bytes of a GUID in an ASF file."""
    return UUID(text).bytes_le


def walk(source: Source, offset: int, end: int) -> Iterator[Object]:
    """Yield the objects of one level; an object that is too long is cut at `end`."""
    for _ in range(_MOST):
        head = source.read(offset, _AHEAD) if offset + _AHEAD <= end else b""
        size = int.from_bytes(head[16:], "little")
        if len(head) < _AHEAD or size < _AHEAD:
            return
        yield Object(head[:16], offset + _AHEAD, min(offset + size, end))
        offset += size
