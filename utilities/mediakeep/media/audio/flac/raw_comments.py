"""Split a block of Vorbis comments into its entries, after "Ogg Vorbis I" (5), for writers."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from typing import Self

PICTURE_NAME, OLD_PICTURE_NAME = "metadata_block_picture", "coverart"

_MAX_ENTRIES = 20_000
_FRONT_COVER = bytes((0, 0, 0, 3))


@dataclass
class RawComments:
    """A block of comments: the entries as they are stored, and the bytes after the last one."""

    vendor: bytes
    entries: list[bytes]
    rest: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Split a block; raise ValueError if an entry exceeds it, or if it has too many."""
        vendor, at = _read_counted(data, 0)
        count = int.from_bytes(_read_exactly(data, at, 4), "little")
        at += 4
        if count > _MAX_ENTRIES:
            raise ValueError("too many entries")
        entries = []
        for _ in range(count):
            entry, at = _read_counted(data, at)
            entries.append(entry)
        return cls(vendor, entries, data[at:])

    def build(self) -> bytes:
        """Return the bytes of the block."""
        parts = [_add_size(self.vendor), struct.pack("<I", len(self.entries))]
        return b"".join([*parts, *map(_add_size, self.entries), self.rest])

    def texts(self) -> dict[str, list[str]]:
        """Return the values of the entries by their names in lower case."""
        found: dict[str, list[str]] = {}
        for entry in self.entries:
            _, sign, text = entry.partition(b"=")
            if sign and text:
                found.setdefault(entry_name(entry), []).append(text.decode("utf-8", "replace"))
        return found


def entry_name(entry: bytes) -> str:
    """Return the name of an entry in lower case."""
    return entry.partition(b"=")[0].decode("utf-8", "replace").lower()


def is_front_cover(entry: bytes) -> bool:
    """Return True if an entry is a front cover; entries of the old kind have no picture type."""
    name, _, text = entry.partition(b"=")
    if name.lower() == OLD_PICTURE_NAME.encode():
        return True
    if name.lower() != PICTURE_NAME.encode():
        return False
    try:
        return base64.b64decode(text[:8])[:4] == _FRONT_COVER
    except binascii.Error:
        return False


def _add_size(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _read_counted(data: bytes, at: int) -> tuple[bytes, int]:
    size = int.from_bytes(_read_exactly(data, at, 4), "little")
    return _read_exactly(data, at + 4, size), at + 4 + size


def _read_exactly(data: bytes, at: int, size: int) -> bytes:
    part = data[at : at + size]
    if len(part) < size:
        raise ValueError("an entry exceeds its block")
    return part
