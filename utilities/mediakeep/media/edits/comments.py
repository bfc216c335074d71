"""Vorbis comments and FLAC's pictures, after RFC 9639 (8.6, 8.8) and "Ogg Vorbis I" (5)."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from mediakeep.media import pictures
from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.tag_edits import SetCover, Values

PICTURE, OLD_PICTURE = "metadata_block_picture", "coverart"
FRONT = 3

_VENDOR = b"mediakeep"


@dataclass
class Comments:
    """A block of comments taken apart: each entry as it is, and what stands behind them."""

    vendor: bytes
    entries: list[bytes]
    rest: bytes = b""

    @classmethod
    def new(cls) -> Self:
        """Begin a block."""
        return cls(_VENDOR, [])

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Take a block apart; ValueError where an entry reaches too far."""
        vendor, at = _taken(data, 0)
        count = int.from_bytes(_exactly(data, at, 4), "little")
        at += 4
        entries = []
        for _ in range(count):
            entry, at = _taken(data, at)
            entries.append(entry)
        return cls(vendor, entries, data[at:])

    def render(self) -> bytes:
        """Put the block together."""
        parts = [_counted(self.vendor), struct.pack("<I", len(self.entries))]
        return b"".join([*parts, *map(_counted, self.entries), self.rest])

    def assign(self, wanted: Mapping[str, Values]) -> None:
        """Give fields their values, in the place and under the spelling that their names have."""
        for name, values in to_native_tags.convert_to_native_tags(
            self.texts(), "vorbis", wanted
        ).items():
            old = [index for index, entry in enumerate(self.entries) if _name(entry) == name]
            place = old[0] if old else len(self.entries)
            spelt = self.entries[place].partition(b"=")[0] if old else name.upper().encode()
            kept = [entry for index, entry in enumerate(self.entries) if index not in old]
            new = [spelt + b"=" + text.encode() for text in values]
            self.entries = [*kept[:place], *new, *kept[place:]]

    def texts(self) -> dict[str, list[str]]:
        """Return what the entries say, by their names in lower case."""
        found: dict[str, list[str]] = {}
        for entry in self.entries:
            _, sign, text = entry.partition(b"=")
            if sign and text:
                found.setdefault(_name(entry), []).append(text.decode("utf-8", "replace"))
        return found

    def embed(self, cover: SetCover, *, anew: bool) -> bool:
        """Replace the front cover; where there is none add one if `anew`, and tell if one is."""
        block = base64.b64encode(picture(cover))
        entry = PICTURE.upper().encode() + b"=" + block
        for index, old in enumerate(self.entries):
            if is_front(old):
                self.entries[index] = entry
                return True
        if anew:
            self.entries.append(entry)
        return anew


def is_front(entry: bytes) -> bool:
    """Tell whether an entry is a front cover; the old ones had no type."""
    name, _, text = entry.partition(b"=")
    if name.lower() == OLD_PICTURE.encode():
        return True
    return name.lower() == PICTURE.encode() and base64.b64decode(text[:8])[:4] == bytes(
        (0, 0, 0, 3)
    )


def picture(cover: SetCover) -> bytes:
    """Return the block of a front cover."""
    data, mime = cover.data, cover.mime.encode("ascii", "replace")
    _, width, height = pictures.identify_picture(lambda offset, size: data[offset : offset + size])
    head = struct.pack(">II", FRONT, len(mime)) + mime
    return head + struct.pack(">IIIIII", 0, width, height, 0, 0, len(data)) + data


def _name(entry: bytes) -> str:
    return entry.partition(b"=")[0].decode("utf-8", "replace").lower()


def _counted(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _taken(data: bytes, at: int) -> tuple[bytes, int]:
    size = int.from_bytes(_exactly(data, at, 4), "little")
    return _exactly(data, at + 4, size), at + 4 + size


def _exactly(data: bytes, at: int, size: int) -> bytes:
    part = data[at : at + size]
    if len(part) < size:
        raise ValueError("an entry reaches too far")
    return part
