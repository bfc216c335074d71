"""Change an APEv2 tag next to other tags; other items stay as they are.

mutagen would sort the items, and drop the flag of read-only ones.
"""

from __future__ import annotations

import struct

from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.ape import ape_items
from mediakeep.media.audio.ape.ape_items import ApeItem
from mediakeep.media.audio.ape.apev2 import FOOTER_SIZE, MAGIC
from mediakeep.media.audio.tag_edits import TargetTags, Values

TAG_FORMAT = "ape"

_VERSION = 2000
READ_ONLY_FLAG = 1
_HAS_HEADER_FLAG, _IS_HEADER_FLAG = 1 << 31, 1 << 29
# The file name that precedes a new picture.
_PICTURE_NAMES = {"image/jpeg": b"cover.jpg", "image/png": b"cover.png", "image/gif": b"cover.gif"}


def update_tag(data: bytes, target: TargetTags) -> bytes:
    """Return a tag with the target values; one of another version, or read-only, is unchanged.

    A front cover is replaced, but not added.
    """
    version, _, _, flags = struct.unpack_from("<IIII", data[-FOOTER_SIZE:], 8)
    if version != _VERSION or flags & READ_ONLY_FLAG:
        return data
    return _build_tag(_update_items(list(ape_items.split_items(data)), target), data)


def update_main_tag(data: bytes, target: TargetTags) -> bytes:
    """Return the main tag of a file with the target values; b"" begins a new one.

    A tag of version 1 becomes one of version 2. A front cover is added if there is none. A tag
    without items is b"".
    """
    items = _update_items(list(ape_items.split_items(data)) if data else [], target)
    if target.cover and not any(map(_is_front_cover, items)):
        value = _PICTURE_NAMES.get(target.cover.mime, b"cover") + b"\0" + target.cover.data
        name = _usual_case(ape_items.FRONT_COVER_NAME)
        items.append(_build_item(name, ape_items.BINARY_ITEM << 1, value))
    if not items:
        return b""
    header = struct.pack("<8sIIII8x", MAGIC, _VERSION, 0, 0, _HAS_HEADER_FLAG | _IS_HEADER_FLAG)
    footer = struct.pack("<8sIIII8x", MAGIC, _VERSION, 0, 0, _HAS_HEADER_FLAG)
    return _build_tag(items, header + footer)


def _update_items(items: list[ApeItem], target: TargetTags) -> list[ApeItem]:
    """Return items with the target values; a front cover is replaced, but not added."""
    for name, values in to_native_tags.convert_to_native_tags(
        _texts(items), TAG_FORMAT, target.texts
    ).items():
        items = _assign(items, name, values)
    if not target.cover:
        return items
    return [_replace_front_cover(item, target.cover.data) for item in items]


def _texts(items: list[ApeItem]) -> dict[str, list[str]]:
    return {
        item.name.lower(): item.value.decode("utf-8", "replace").split("\0")
        for item in items
        if item.kind == ape_items.TEXT_ITEM
    }


def _assign(items: list[ApeItem], name: str, values: Values) -> list[ApeItem]:
    old = [index for index, item in enumerate(items) if item.name.lower() == name]
    stored_name = items[old[0]].name if old else _usual_case(name)
    at = old[0] if old else len(items)
    kept = [item for index, item in enumerate(items) if index not in old]
    new = [_build_item(stored_name, 0, "\0".join(values).encode())] if values else []
    return [*kept[:at], *new, *kept[at:]]


def _usual_case(name: str) -> str:
    """Return a name in the case that taggers use; those of MusicBrainz are in capitals."""
    return name.upper() if "_" in name else name.title()


def _replace_front_cover(item: ApeItem, picture: bytes) -> ApeItem:
    """Return an item with a new picture after its file name, if it is a front cover."""
    if not _is_front_cover(item):
        return item
    return _build_item(item.name, item.flags, item.value[: item.value.find(b"\0") + 1] + picture)


def _is_front_cover(item: ApeItem) -> bool:
    is_front = item.name.lower() == ape_items.FRONT_COVER_NAME
    return is_front and item.kind == ape_items.BINARY_ITEM


def _build_item(name: str, flags: int, value: bytes) -> ApeItem:
    raw = struct.pack("<II", len(value), flags) + name.encode("latin-1") + b"\0" + value
    return ApeItem(name, flags, raw, value)


def _build_tag(items: list[ApeItem], old: bytes) -> bytes:
    body = b"".join(item.raw for item in items)
    counts = struct.pack("<II", len(body) + FOOTER_SIZE, len(items))
    footer = old[-FOOTER_SIZE:]
    header = old[:FOOTER_SIZE] if old.startswith(MAGIC) else b""
    if header:
        header = header[:12] + counts + header[20:]
    return header + body + footer[:12] + counts + footer[20:]
