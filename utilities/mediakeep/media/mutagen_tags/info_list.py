"""Change the texts of a RIFF INFO list, which mutagen cannot read, next to an ID3v2 tag."""

from __future__ import annotations

import struct

from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.riff import info_tags
from mediakeep.media.audio.tag_edits import TargetTags

_TAG_FORMAT = "riff"
_SEPARATOR = "; "  # between values, of which an item has only one

_Item = tuple[bytes, bytes, bytes]  # name, content, and the byte after content of an odd size


def update_list(data: bytes, target: TargetTags) -> bytes:
    """Return the content of an INFO list with the target values that have a name in it.

    They are added, too: FFmpeg ignores ID3v2 next to an INFO list, even if that has only the name
    of the encoder.
    """
    items, rest = _split_items(data)
    texts: dict[str, list[str]] = {}
    for item_name, content, _ in items:
        text = info_tags.decode_text(content.partition(b"\0")[0])
        texts.setdefault(item_name.decode("latin-1"), []).append(text)
    wanted = {
        field: values
        for field, values in target.texts.items()
        if field == "track_total" or to_native_tags.native_names(field, _TAG_FORMAT)
    }
    for name, values in to_native_tags.convert_to_native_tags(texts, _TAG_FORMAT, wanted).items():
        items = _assign(items, name.encode("latin-1"), _SEPARATOR.join(values))
    return info_tags.LIST_TYPE + b"".join(_build_item(*item) for item in items) + rest


def _split_items(data: bytes) -> tuple[list[_Item], bytes]:
    """Return the items up to the first one that exceeds the list, and the bytes after them.

    The byte after content of an odd size may be missing.
    """
    items, at = list[_Item](), len(info_tags.LIST_TYPE)
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        end = at + 8 + size
        if end > len(data):
            break
        at = end + size % 2
        if size % 2 and _is_item(data, end) and not _is_item(data, at):
            at = end
        items.append((name, data[end - size : end], data[end:at]))
    return items, data[at:]


def _is_item(data: bytes, at: int) -> bool:
    """Return True if an item with a printable name begins at a byte offset of a list."""
    if at + 8 > len(data):
        return False
    name, size = struct.unpack_from("<4sI", data, at)
    return at + 8 + size <= len(data) and all(0x20 <= byte <= 0x7E for byte in name)


def _assign(items: list[_Item], name: bytes, text: str) -> list[_Item]:
    """Replace the first item of a name and remove the others; add one if there is none."""
    places = [index for index, item in enumerate(items) if item[0] == name]
    at = places[0] if places else len(items)
    kept = [item for index, item in enumerate(items) if index not in places]
    new = [(name, text.encode() + b"\0", b"")] if text else []
    return [*kept[:at], *new, *kept[at:]]


def _build_item(name: bytes, content: bytes, padding: bytes) -> bytes:
    padding = padding or bytes(len(content) % 2)
    return name + struct.pack("<I", len(content)) + content + padding
