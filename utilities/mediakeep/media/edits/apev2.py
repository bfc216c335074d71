"""APEv2 beside other tags, after the "APEv2 specification" of the Hydrogenaudio wiki."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.ape.apev2 import FOOTER_SIZE, MAGIC
from mediakeep.media.audio.tag_edits import TargetTags, Values
from mediakeep.media.audio.tag_map import TAG_MAP

COVER = "cover art (front)"

_VERSION = 2000
_TEXT, _BINARY = 0, 1
_READ_ONLY = 1
_FIELDS = {name: field.name for field in TAG_MAP for name in field.ape}


class ApeItem(NamedTuple):
    """An item: its name as it is spelt, its flags, and where its value lies in the tag."""

    name: str
    flags: int
    raw: bytes  # with its header
    value: bytes

    @property
    def kind(self) -> int:
        """0 for texts, 1 for bytes."""
        return self.flags >> 1 & 3


def items(data: bytes) -> Iterator[ApeItem]:
    """Give the items of a whole tag; ValueError where they make no sense."""
    at = FOOTER_SIZE if data.startswith(MAGIC) else 0
    count = int.from_bytes(data[-16:-12], "little")
    for _ in range(count):
        size, flags = struct.unpack_from("<II", data, at)
        stop = data.index(b"\0", at + 8)
        end = stop + 1 + size
        if end > len(data) - FOOTER_SIZE:
            raise ValueError("an item reaches too far")
        yield ApeItem(
            data[at + 8 : stop].decode("latin-1"), flags, data[at:end], data[stop + 1 : end]
        )
        at = end


def edited(data: bytes, wanted: TargetTags) -> bytes:
    """Return a tag with what is wanted in it; one of another version, or read-only, stays."""
    version, _, _, flags = struct.unpack_from("<IIII", data[-FOOTER_SIZE:], 8)
    if version != _VERSION or flags & _READ_ONLY:
        return data
    found = list(items(data))
    for name, values in to_native_tags.convert_to_native_tags(
        _texts(found), "ape", wanted.texts
    ).items():
        found = _assigned(found, name, values)
    if wanted.cover:
        found = [_covered(item, wanted.cover.data) for item in found]
    return _rendered(found, data)


def _texts(found: list[ApeItem]) -> dict[str, list[str]]:
    return {
        item.name.lower(): item.value.decode("utf-8", "replace").split("\0")
        for item in found
        if item.kind == _TEXT
    }


def _assigned(found: list[ApeItem], name: str, values: Values) -> list[ApeItem]:
    old = [index for index, item in enumerate(found) if item.name.lower() == name]
    spelt = found[old[0]].name if old else _spelt(name)
    place = old[0] if old else len(found)
    kept = [item for index, item in enumerate(found) if index not in old]
    new = [_item(spelt, 0, "\0".join(values).encode())] if values else []
    return [*kept[:place], *new, *kept[place:]]


def _spelt(name: str) -> str:
    """Names that MusicBrainz brought in are in capitals, others begin with one."""
    return name.upper() if "_" in name else name.title()


def _covered(item: ApeItem, picture: bytes) -> ApeItem:
    """Change the front cover, which a file's name stands before, where there is one."""
    if item.name.lower() != COVER or item.kind != _BINARY:
        return item
    return _item(item.name, item.flags, item.value[: item.value.find(b"\0") + 1] + picture)


def _item(name: str, flags: int, value: bytes) -> ApeItem:
    raw = struct.pack("<II", len(value), flags) + name.encode("latin-1") + b"\0" + value
    return ApeItem(name, flags, raw, value)


def _rendered(found: list[ApeItem], data: bytes) -> bytes:
    body = b"".join(item.raw for item in found)
    counts = struct.pack("<II", len(body) + FOOTER_SIZE, len(found))
    footer = data[-FOOTER_SIZE:]
    header = data[:FOOTER_SIZE] if data.startswith(MAGIC) else b""
    if header:
        header = header[:12] + counts + header[20:]
    return header + body + footer[:12] + counts + footer[20:]
