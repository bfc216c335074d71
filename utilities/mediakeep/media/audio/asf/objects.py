"""Find ASF objects, identified by GUIDs, after Microsoft's ASF specification 01.20.05 (2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from mediakeep.media.bounded_file import BoundedFile

HEADER_SIZE = 30  # bytes of the header object before its children

_MAX_OBJECTS = 1000
_OBJECT_HEADER_SIZE = 24  # bytes: GUID and size


class AsfObject(NamedTuple):
    """An ASF object: its GUID, and the byte offsets at which its content starts and ends."""

    guid: bytes
    start: int
    end: int


def encode_guid(text: str) -> bytes:
    """Return the bytes with which an ASF file stores a GUID, given as text."""
    return UUID(text).bytes_le


def walk_objects(source: BoundedFile, offset: int, end: int) -> Iterator[AsfObject]:
    """Yield the ASF objects between two byte offsets, without the objects nested in them.

    An object that declares an end beyond `end` is cut there.
    """
    for _ in range(_MAX_OBJECTS):
        head = (
            source.read(offset, _OBJECT_HEADER_SIZE) if offset + _OBJECT_HEADER_SIZE <= end else b""
        )
        size = int.from_bytes(head[16:], "little")
        if len(head) < _OBJECT_HEADER_SIZE or size < _OBJECT_HEADER_SIZE:
            return
        yield AsfObject(head[:16], offset + _OBJECT_HEADER_SIZE, min(offset + size, end))
        offset += size
