"""The list of tags that iTunes writes into MP4: atoms that hold values, each with its type."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.tag_edits import SetCover, TargetTags, Values
from mediakeep.media.audio.tag_map import TAG_MAP

COVER = "covr"

_TEXT, _SIGNED = 1, 21
_KINDS = {"image/jpeg": 13, "image/png": 14, "image/bmp": 27}
_PAIRS = {"trkn": 8, "disk": 6}  # bytes of each
_OWNER = b"com.apple.iTunes"
_OWN = "----:com.apple.itunes:"
_GENRES = ("\xa9gen", "gnre")
_FIELD = {name: field.name for field in TAG_MAP for name in field.mp4}


class IlstItem(NamedTuple):
    """An atom of the list: the name that the reader gives it, and its bytes."""

    name: str
    raw: bytes


def edited(data: bytes, wanted: TargetTags) -> bytes:
    """Return the content of a list with what is wanted; ValueError where it makes no sense."""
    found = [_item(raw) for raw in _atoms(data, 0)]
    texts = {item.name: _texts(item) for item in found}
    for name, values in to_native_tags.convert_to_native_tags(texts, "mp4", wanted.texts).items():
        found = _assigned(found, name, values)
    if wanted.cover:
        found = _covered(found, wanted.cover)
    return b"".join(item.raw for item in found)


def _atoms(data: bytes, at: int) -> Iterator[bytes]:
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        if size < 8 or at + size > len(data):
            raise ValueError("an atom reaches too far")
        yield data[at : at + size]
        at += size


def _texts(item: IlstItem) -> list[str]:
    """Return the values of an atom, of which the first eight bytes tell type and language."""
    values = [part[16:] for part in _atoms(item.raw, 8) if part[4:8] == b"data"]
    if item.name in _PAIRS:
        pairs = (struct.unpack_from(">HH", value.ljust(6, b"\0"), 2) for value in values)
        return [f"{first or ''}/{second or ''}" for first, second in pairs]
    return [value.decode("utf-8", "replace") for value in values]


def _item(raw: bytes) -> IlstItem:
    """Name an atom; what Apple gave no name tells its owner and name within."""
    name = raw[4:8].decode("latin-1")
    if name == "----":
        parts = {part[4:8]: part[12:] for part in _atoms(raw, 8)}
        full = b"----:%b:%b" % (parts.get(b"mean", b""), parts.get(b"name", b""))
        name = full.decode("utf-8", "replace").lower()
    return IlstItem(name, raw)


def _assigned(found: list[IlstItem], name: str, values: Values) -> list[IlstItem]:
    names = _GENRES if name == _GENRES[0] else (name,)
    old = [index for index, item in enumerate(found) if item.name in names]
    place = old[0] if old else len(found)
    new = [IlstItem(name, _made(name, values, found[place].raw if old else b""))] if values else []
    kept = [item for index, item in enumerate(found) if index not in old]
    return [*kept[:place], *new, *kept[place:]]


def _made(name: str, values: Values, old: bytes) -> bytes:
    if name in _PAIRS:
        first, _, second = values[0].partition("/")
        pair = struct.pack(">HHH", 0, int(first or 0), int(second or 0))
        return _atom(name, _data(0, pair.ljust(_PAIRS[name], b"\0")))
    if name == "cpil":
        return _atom(name, _data(_SIGNED, b"\1"))
    texts = b"".join(_data(_TEXT, text.encode()) for text in values)
    if not name.startswith(_OWN):
        return _atom(name, texts)
    named = (
        b"".join(part for part in _atoms(old, 8) if part[4:8] != b"data") if old else _named(name)
    )
    return _atom("----", named + texts)


def _named(name: str) -> bytes:
    spelt = to_native_tags.restore_name_case(_FIELD[name], name.removeprefix(_OWN)).encode()
    return _atom("mean", bytes(4) + _OWNER) + _atom("name", bytes(4) + spelt)


def _covered(found: list[IlstItem], cover: SetCover) -> list[IlstItem]:
    """Pictures have no types: the first is the front cover."""
    new = _data(_KINDS.get(cover.mime, 0), cover.data)
    for index, item in enumerate(found):
        if item.name == COVER:
            parts = list(_atoms(item.raw, 8))
            place = next((n for n, part in enumerate(parts) if part[4:8] == b"data"), len(parts))
            inner = b"".join([*parts[:place], new, *parts[place + 1 :]])
            return [*found[:index], IlstItem(COVER, _atom(COVER, inner)), *found[index + 1 :]]
    return [*found, IlstItem(COVER, _atom(COVER, new))]


def _data(kind: int, value: bytes) -> bytes:
    return _atom("data", struct.pack(">II", kind, 0) + value)


def _atom(name: str, data: bytes) -> bytes:
    return (8 + len(data)).to_bytes(4) + name.encode("latin-1") + data
