"""Change the items of an MP4 tag list; other items stay as they are.

mutagen would store values of other types as text or drop the type of a text.
"""

from __future__ import annotations

import struct
from itertools import islice
from typing import NamedTuple

from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.mp4.tag_list import build_atom, split_atoms
from mediakeep.media.audio.tag_edits import SetCover, TargetTags, Values
from mediakeep.media.audio.tag_map import WRITTEN_FIELDS

COVER = "covr"
TAG_FORMAT = "mp4"

_TEXT_TYPE, _SIGNED_TYPE = 1, 21
_PICTURE_TYPES = {"image/jpeg": 13, "image/png": 14, "image/bmp": 27}
_PAIR_SIZES = {"trkn": 8, "disk": 6}  # bytes
_MAX_ITEMS = 20_000
_OWNER = b"com.apple.iTunes"
_FREEFORM_PREFIX = "----:com.apple.itunes:"
_GENRE_NAMES = ("\xa9gen", "gnre")
_FIELD_BY_NAME = {name: field.name for field in WRITTEN_FIELDS for name in field.mp4}


class TagListItem(NamedTuple):
    """An atom of a tag list: the name that our reader gives it, and its bytes."""

    name: str
    raw: bytes


def split_items(data: bytes) -> list[TagListItem]:
    """Split a tag list; raise ValueError if an atom exceeds it, or if there are too many."""
    atoms = list(islice(split_atoms(data), _MAX_ITEMS + 1))
    if len(atoms) > _MAX_ITEMS:
        raise ValueError("too many items")
    return [_name_item(raw) for raw in atoms]


def change_items(data: bytes, target: TargetTags) -> bytes:
    """Return a tag list with the target values; raise ValueError if it is malformed."""
    items = split_items(data)
    texts = {item.name: _item_texts(item) for item in items}
    for name, values in to_native_tags.convert_to_native_tags(
        texts, TAG_FORMAT, target.texts
    ).items():
        items = _assign(items, name, values)
    if target.cover:
        items = _set_cover(items, target.cover)
    return b"".join(item.raw for item in items)


def changed_names(target: TargetTags) -> set[str]:
    """Return the names of the items that target values may change, other than pictures."""
    names = to_native_tags.changed_names(target.texts, TAG_FORMAT)
    return names | {*_GENRE_NAMES} if _GENRE_NAMES[0] in names else names


def item_values(item: TagListItem) -> list[bytes]:
    """Return the `data` atoms of an item, with their types."""
    return [part for part in split_atoms(item.raw, 8) if part[4:8] == b"data"]


def _item_texts(item: TagListItem) -> list[str]:
    """Return the values of an item; each follows eight bytes of type and language."""
    values = [part[16:] for part in item_values(item)]
    if item.name in _PAIR_SIZES:
        pairs = (struct.unpack_from(">HH", value.ljust(6, b"\0"), 2) for value in values)
        return [f"{number or ''}/{total or ''}" for number, total in pairs]
    return [value.decode("utf-8", "replace") for value in values]


def _name_item(raw: bytes) -> TagListItem:
    """Name an atom; a freeform atom contains its owner and its name."""
    name = raw[4:8].decode("latin-1")
    if name == "----":
        parts = {part[4:8]: part[12:] for part in split_atoms(raw, 8)}
        full = b"----:%b:%b" % (parts.get(b"mean", b""), parts.get(b"name", b""))
        name = full.decode("utf-8", "replace").lower()
    return TagListItem(name, raw)


def _assign(items: list[TagListItem], name: str, values: Values) -> list[TagListItem]:
    names = _GENRE_NAMES if name == _GENRE_NAMES[0] else (name,)
    old = [index for index, item in enumerate(items) if item.name in names]
    at = old[0] if old else len(items)
    old_raw = items[at].raw if old else b""
    new = [TagListItem(name, _build_item(name, values, old_raw))] if values else []
    kept = [item for index, item in enumerate(items) if index not in old]
    return [*kept[:at], *new, *kept[at:]]


def _build_item(name: str, values: Values, old: bytes) -> bytes:
    if name in _PAIR_SIZES:
        number, _, total = values[0].partition("/")
        pair = struct.pack(">HHH", 0, int(number or 0), int(total or 0))
        return _build_atom(name, _build_value(0, pair.ljust(_PAIR_SIZES[name], b"\0")))
    if name == "cpil":
        return _build_atom(name, _build_value(_SIGNED_TYPE, b"\1"))
    texts = b"".join(_build_value(_TEXT_TYPE, text.encode()) for text in values)
    if not name.startswith(_FREEFORM_PREFIX):
        return _build_atom(name, texts)
    if old:
        head = b"".join(part for part in split_atoms(old, 8) if part[4:8] != b"data")
    else:
        head = _build_freeform_name(name)
    return _build_atom("----", head + texts)


def _build_freeform_name(name: str) -> bytes:
    field = _FIELD_BY_NAME[name]
    stored = to_native_tags.restore_name_case(field, name.removeprefix(_FREEFORM_PREFIX)).encode()
    return _build_atom("mean", bytes(4) + _OWNER) + _build_atom("name", bytes(4) + stored)


def _set_cover(items: list[TagListItem], cover: SetCover) -> list[TagListItem]:
    """Replace the first picture, which is the front cover: pictures have no types."""
    new = _build_value(_PICTURE_TYPES.get(cover.mime, 0), cover.data)
    for index, item in enumerate(items):
        if item.name == COVER:
            parts = list(split_atoms(item.raw, 8))
            at = next((n for n, part in enumerate(parts) if part[4:8] == b"data"), len(parts))
            inner = b"".join([*parts[:at], new, *parts[at + 1 :]])
            changed = TagListItem(COVER, _build_atom(COVER, inner))
            return [*items[:index], changed, *items[index + 1 :]]
    return [*items, TagListItem(COVER, _build_atom(COVER, new))]


def _build_value(kind: int, value: bytes) -> bytes:
    return _build_atom("data", struct.pack(">II", kind, 0) + value)


def _build_atom(name: str, data: bytes) -> bytes:
    return build_atom(name.encode("latin-1"), data)
