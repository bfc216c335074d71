"""Read ASF tags, after Microsoft's "Advanced Systems Format Specification" 1.20.03 (3 and 4)."""

from __future__ import annotations

import contextlib
import struct

from mediakeep.media import pictures
from mediakeep.media.audio.asf.objects import AsfObject, encode_guid
from mediakeep.media.audio.parsed_file import PARSE_ERRORS, TagBlock
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_MAX_ENTRIES = 8192
_MAX_TEXT_SIZE = 256 * 1024
_TYPE_TEXT, _TYPE_BYTES, _TYPE_BOOLEAN = 0, 1, 2
_NUMBER_TYPES = frozenset({_TYPE_BOOLEAN, 3, 4, 5})
_PICTURE_ATTRIBUTE = "WM/Picture"
_MAX_PICTURE_HEADER = 2048  # bytes; the image data must begin within them

_CONTENT_DESCRIPTION_GUID = encode_guid("75B22633-668E-11CF-A6D9-00AA0062CE6C")
_EXTENDED_CONTENT_DESCRIPTION_GUID = encode_guid("D2D0A440-E307-11D2-97F0-00A0C95EA850")
_METADATA_GUID = encode_guid("C5F8CBEA-5BAF-4877-8467-AA8C44FA4CCA")
_METADATA_LIBRARY_GUID = encode_guid("44231C94-9498-49D1-A141-1D134E457054")

_CONTENT_DESCRIPTION_FIELDS = ("Title", "Author", "Copyright", "Description", "Rating")


def add_object_tags(block: TagBlock, source: BoundedFile, item: AsfObject) -> None:
    """Add the tags of an ASF object, if it has any, to a tag block; skip malformed values."""
    if read := _OBJECT_PARSERS.get(item.guid):
        with contextlib.suppress(*PARSE_ERRORS):
            read(block, source, ByteRange(item.start, item.end))


def decode_utf16(data: bytes) -> str:
    """Decode UTF-16 text up to its terminating zero."""
    return data[: len(data) & ~1].decode("utf-16-le", "replace").partition("\0")[0]


def _add_content_description(block: TagBlock, source: BoundedFile, byte_range: ByteRange) -> None:
    sizes = source.read(byte_range.start, 10)
    offset = byte_range.start + 10
    for name, size in zip(_CONTENT_DESCRIPTION_FIELDS, struct.unpack("<5H", sizes), strict=True):
        _add_text_once(block, name, decode_utf16(source.read(offset, size)))
        offset += size


def _add_extended_content(block: TagBlock, source: BoundedFile, byte_range: ByteRange) -> None:
    offset = byte_range.start + 2
    for _ in range(min(_MAX_ENTRIES, int.from_bytes(source.read(byte_range.start, 2), "little"))):
        length = int.from_bytes(source.read(offset, 2), "little")
        name = decode_utf16(source.read(offset + 2, length))
        offset += 2 + length
        kind, size = struct.unpack("<HH", source.read(offset, 4))
        offset += 4
        _add_value(
            block, source, (name, kind), ByteRange(offset, min(offset + size, byte_range.end))
        )
        offset += size
        if offset >= byte_range.end:
            break


def _add_metadata(block: TagBlock, source: BoundedFile, byte_range: ByteRange) -> None:
    offset = byte_range.start + 2
    for _ in range(min(_MAX_ENTRIES, int.from_bytes(source.read(byte_range.start, 2), "little"))):
        if offset + 12 > byte_range.end or block.is_full:
            break
        length, kind, size = struct.unpack("<4xHHI", source.read(offset, 12))
        name = decode_utf16(source.read(offset + 12, length))
        offset += 12 + length
        _add_value(
            block, source, (name, kind), ByteRange(offset, min(offset + size, byte_range.end))
        )
        offset += size


def _add_value(
    block: TagBlock, source: BoundedFile, entry: tuple[str, int], byte_range: ByteRange
) -> None:
    name, kind = entry
    if name == _PICTURE_ATTRIBUTE and kind == _TYPE_BYTES:
        _add_picture(block, source, byte_range)
    elif kind == _TYPE_TEXT:
        _add_text_once(
            block,
            name,
            decode_utf16(source.read(byte_range.start, min(byte_range.size, _MAX_TEXT_SIZE))),
        )
    elif kind in _NUMBER_TYPES and byte_range.size:
        number = int.from_bytes(source.read(byte_range.start, min(8, byte_range.size)), "little")
        _add_text_once(block, name, str(number))


def _add_text_once(block: TagBlock, name: str, value: str) -> None:
    """Add a text to a tag block unless the block has it already.

    Some taggers write the same text into two ASF objects.
    """
    if value not in block.texts.get(name, ()):
        block.add_texts(name, [value])


def _add_picture(block: TagBlock, source: BoundedFile, byte_range: ByteRange) -> None:
    """Add an ASF picture; its bytes follow a type, a size and two zero-terminated texts."""
    head = source.read(byte_range.start, min(_MAX_PICTURE_HEADER, byte_range.size))
    if len(head) < 9:
        return
    texts = head[5 : 5 + (len(head) - 5) // 2 * 2].decode("utf-16-le", "replace").split("\0", 2)
    if len(texts) == 3:
        begin = byte_range.start + 5 + 2 * (len(texts[0]) + len(texts[1]) + 2)
        size = min(int.from_bytes(head[1:5], "little"), byte_range.end - begin)
        read_at = source.make_part_reader(begin, begin + size)
        block.add_picture(pictures.build_embedded_picture(head[0], texts[0], size, read_at))


_OBJECT_PARSERS = {
    _CONTENT_DESCRIPTION_GUID: _add_content_description,
    _EXTENDED_CONTENT_DESCRIPTION_GUID: _add_extended_content,
    _METADATA_GUID: _add_metadata,
    _METADATA_LIBRARY_GUID: _add_metadata,
}
