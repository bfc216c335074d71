"""The objects of ASF, each with a GUID, after Microsoft's ASF specification 01.20.05 (2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from mediakeep.media.source import Source

HEADER = 30  # bytes of the first object before those in it

_MOST = 1000
_AHEAD = 24  # bytes of GUID and size


class Object(NamedTuple):
    """An object; what it holds lies from `start` to `end`."""

    guid: bytes
    start: int
    end: int


def guid(text: str) -> bytes:
    """Return the bytes that stand for a GUID."""
    return UUID(text).bytes_le


def walk(source: Source, place: int, end: int) -> Iterator[Object]:
    """Walk the objects that lie beside each other; one that reaches too far ends where it must."""
    for _ in range(_MOST):
        head = source.read(place, _AHEAD) if place + _AHEAD <= end else b""
        size = int.from_bytes(head[16:], "little")
        if len(head) < _AHEAD or size < _AHEAD:
            return
        yield Object(head[:16], place + _AHEAD, min(place + size, end))
        place += size
