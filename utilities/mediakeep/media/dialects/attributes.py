"""ASF tags, after Microsoft's "Advanced Systems Format Specification" 1.20.03 (3 and 4)."""

from __future__ import annotations

import contextlib
import struct

from mediakeep.media import pictures
from mediakeep.media.anatomy import BROKEN, Block
from mediakeep.media.layouts.objects import Object, guid
from mediakeep.media.source import Source, Span

_ENTRIES = 8192
_TEXT_LIMIT = 256 * 1024
_TEXT, _BYTES, _BOOLEAN = 0, 1, 2
_NUMBERS = frozenset({_BOOLEAN, 3, 4, 5})
_PICTURE = "WM/Picture"
_PICTURE_HEAD = 2048  # bytes; the image data must begin within them

_DESCRIPTION = guid("75B22633-668E-11CF-A6D9-00AA0062CE6C")
_MORE_DESCRIPTION = guid("D2D0A440-E307-11D2-97F0-00A0C95EA850")
_METADATA = guid("C5F8CBEA-5BAF-4877-8467-AA8C44FA4CCA")
_LIBRARY = guid("44231C94-9498-49D1-A141-1D134E457054")

_DESCRIBED = ("Title", "Author", "Copyright", "Description", "Rating")


def add(block: Block, source: Source, item: Object) -> None:
    """Add the tags of an object, if it holds any; malformed values are skipped."""
    if read := _READERS.get(item.guid):
        with contextlib.suppress(*BROKEN):
            read(block, source, Span(item.start, item.end))


def text(data: bytes) -> str:
    """Decode UTF-16 up to the terminating zero."""
    return data[: len(data) & ~1].decode("utf-16-le", "replace").partition("\0")[0]


def _add_description(block: Block, source: Source, span: Span) -> None:
    sizes = source.read(span.start, 10)
    offset = span.start + 10
    for name, size in zip(_DESCRIBED, struct.unpack("<5H", sizes), strict=True):
        _keep(block, name, text(source.read(offset, size)))
        offset += size


def _add_entries(block: Block, source: Source, span: Span) -> None:
    offset = span.start + 2
    for _ in range(min(_ENTRIES, int.from_bytes(source.read(span.start, 2), "little"))):
        length = int.from_bytes(source.read(offset, 2), "little")
        name = text(source.read(offset + 2, length))
        offset += 2 + length
        kind, size = struct.unpack("<HH", source.read(offset, 4))
        offset += 4
        _add_value(block, source, (name, kind), Span(offset, min(offset + size, span.end)))
        offset += size
        if offset >= span.end:
            break


def _add_metadata(block: Block, source: Source, span: Span) -> None:
    offset = span.start + 2
    for _ in range(min(_ENTRIES, int.from_bytes(source.read(span.start, 2), "little"))):
        if offset + 12 > span.end or block.full:
            break
        length, kind, size = struct.unpack("<4xHHI", source.read(offset, 12))
        name = text(source.read(offset + 12, length))
        offset += 12 + length
        _add_value(block, source, (name, kind), Span(offset, min(offset + size, span.end)))
        offset += size


def _add_value(block: Block, source: Source, entry: tuple[str, int], span: Span) -> None:
    name, kind = entry
    if name == _PICTURE and kind == _BYTES:
        _add_picture(block, source, span)
    elif kind == _TEXT:
        _keep(block, name, text(source.read(span.start, min(span.size, _TEXT_LIMIT))))
    elif kind in _NUMBERS and span.size:
        number = int.from_bytes(source.read(span.start, min(8, span.size)), "little")
        _keep(block, name, str(number))


def _keep(block: Block, name: str, value: str) -> None:
    """Add a text unless it is there already: some taggers write it into two objects."""
    if value not in block.texts.get(name, ()):
        block.add(name, [value])


def _add_picture(block: Block, source: Source, span: Span) -> None:
    """Add a picture, which follows a type, a size and two zero-terminated texts."""
    head = source.read(span.start, min(_PICTURE_HEAD, span.size))
    if len(head) < 9:
        return
    texts = head[5 : 5 + (len(head) - 5) // 2 * 2].decode("utf-16-le", "replace").split("\0", 2)
    if len(texts) == 3:
        begin = span.start + 5 + 2 * (len(texts[0]) + len(texts[1]) + 2)
        size = min(int.from_bytes(head[1:5], "little"), span.end - begin)
        read_at = source.within(begin, begin + size)
        block.embed(pictures.embedded(head[0], texts[0], size, read_at))


_READERS = {
    _DESCRIPTION: _add_description,
    _MORE_DESCRIPTION: _add_entries,
    _METADATA: _add_metadata,
    _LIBRARY: _add_metadata,
}
