"""Read ASF tags, after Microsoft's "Advanced Systems Format Specification" 1.20.03 (3 and 4)."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media import pictures
from mediakeep.media.audio.asf.objects import AsfObject, encode_guid
from mediakeep.media.audio.parsed_file import PARSE_ERRORS, TagBlock
from mediakeep.media.bounded_file import BoundedFile, ByteRange

PICTURE_ATTRIBUTE = "WM/Picture"

_MAX_ENTRIES = 8192
_MAX_TEXT_SIZE = 256 * 1024
_TYPE_TEXT, _TYPE_BYTES, _TYPE_BOOLEAN = 0, 1, 2
_NUMBER_TYPES = frozenset({_TYPE_BOOLEAN, 3, 4, 5})
_MAX_PICTURE_HEADER = 2048  # bytes; the image data must begin within them

_CONTENT_DESCRIPTION_GUID = encode_guid("75B22633-668E-11CF-A6D9-00AA0062CE6C")
_EXTENDED_CONTENT_DESCRIPTION_GUID = encode_guid("D2D0A440-E307-11D2-97F0-00A0C95EA850")
_METADATA_GUID = encode_guid("C5F8CBEA-5BAF-4877-8467-AA8C44FA4CCA")
_METADATA_LIBRARY_GUID = encode_guid("44231C94-9498-49D1-A141-1D134E457054")

_CONTENT_DESCRIPTION_FIELDS = ("Title", "Author", "Copyright", "Description", "Rating")


class AsfValue(NamedTuple):
    """A named value in an ASF object: its data type, and the byte range of its content."""

    name: str
    kind: int
    span: ByteRange

    @property
    def is_picture(self) -> bool:
        """True if the value is a picture."""
        return self.name == PICTURE_ATTRIBUTE and self.kind == _TYPE_BYTES


class AsfPicture(NamedTuple):
    """A picture in an ASF file: its ID3 picture type, its MIME type and the range of its bytes."""

    type: int
    mime: str
    span: ByteRange


def add_object_tags(block: TagBlock, source: BoundedFile, item: AsfObject) -> None:
    """Add the tags of an ASF object, if it has any, to a tag block; skip malformed values."""
    with contextlib.suppress(*PARSE_ERRORS):
        if item.guid == _CONTENT_DESCRIPTION_GUID:
            _add_content_description(block, source, ByteRange(item.start, item.end))
        for value in iter_values(source, item):
            if block.is_full:
                break
            _add_value(block, source, value)


def iter_values(source: BoundedFile, item: AsfObject) -> Iterator[AsfValue]:
    """Yield the named values of an ASF object; objects without any yield nothing."""
    if read_values := _VALUE_ITERATORS.get(item.guid):
        yield from read_values(source, ByteRange(item.start, item.end))


def decode_utf16(data: bytes) -> str:
    """Decode UTF-16 text up to its terminating zero."""
    return data[: len(data) & ~1].decode("utf-16-le", "replace").partition("\0")[0]


def _add_content_description(block: TagBlock, source: BoundedFile, byte_range: ByteRange) -> None:
    sizes = source.read(byte_range.start, 10)
    offset = byte_range.start + 10
    for name, size in zip(_CONTENT_DESCRIPTION_FIELDS, struct.unpack("<5H", sizes), strict=True):
        _add_text_once(block, name, decode_utf16(source.read(offset, size)))
        offset += size


def _iter_extended_content(source: BoundedFile, byte_range: ByteRange) -> Iterator[AsfValue]:
    offset = byte_range.start + 2
    for _ in range(min(_MAX_ENTRIES, int.from_bytes(source.read(byte_range.start, 2), "little"))):
        length = int.from_bytes(source.read(offset, 2), "little")
        name = decode_utf16(source.read(offset + 2, length))
        offset += 2 + length
        kind, size = struct.unpack("<HH", source.read(offset, 4))
        offset += 4
        yield AsfValue(name, kind, ByteRange(offset, min(offset + size, byte_range.end)))
        offset += size
        if offset >= byte_range.end:
            break


def _iter_metadata(source: BoundedFile, byte_range: ByteRange) -> Iterator[AsfValue]:
    offset = byte_range.start + 2
    for _ in range(min(_MAX_ENTRIES, int.from_bytes(source.read(byte_range.start, 2), "little"))):
        if offset + 12 > byte_range.end:
            break
        length, kind, size = struct.unpack("<4xHHI", source.read(offset, 12))
        name = decode_utf16(source.read(offset + 12, length))
        offset += 12 + length
        yield AsfValue(name, kind, ByteRange(offset, min(offset + size, byte_range.end)))
        offset += size


def _add_value(block: TagBlock, source: BoundedFile, value: AsfValue) -> None:
    span = value.span
    if value.is_picture:
        if picture := locate_picture(source, span):
            read_at = source.make_part_reader(*picture.span)
            block.add_picture(
                pictures.build_embedded_picture(
                    picture.type, picture.mime, picture.span.size, read_at
                )
            )
    elif value.kind == _TYPE_TEXT:
        text = decode_utf16(source.read(span.start, min(span.size, _MAX_TEXT_SIZE)))
        _add_text_once(block, value.name, text)
    elif value.kind in _NUMBER_TYPES and span.size:
        number = int.from_bytes(source.read(span.start, min(8, span.size)), "little")
        _add_text_once(block, value.name, str(number))


def _add_text_once(block: TagBlock, name: str, value: str) -> None:
    """Add a text to a tag block unless the block has it already.

    Some taggers write the same text into two ASF objects.
    """
    if value not in block.texts.get(name, ()):
        block.add_texts(name, [value])


def locate_picture(source: BoundedFile, span: ByteRange) -> AsfPicture | None:
    """Find the bytes of an ASF picture, which follow a type, a size and two terminated texts."""
    head = source.read(span.start, min(_MAX_PICTURE_HEADER, span.size))
    if len(head) < 9:
        return None
    texts = head[5 : 5 + (len(head) - 5) // 2 * 2].decode("utf-16-le", "replace").split("\0", 2)
    if len(texts) < 3:
        return None
    begin = span.start + 5 + 2 * (len(texts[0]) + len(texts[1]) + 2)
    size = min(int.from_bytes(head[1:5], "little"), span.end - begin)
    return AsfPicture(head[0], texts[0], ByteRange(begin, begin + size))


def build_picture(kind: int, mime: str, data: bytes) -> bytes:
    """Build the value of a picture attribute from a picture type, a MIME type and the image."""
    texts = f"{mime}\0\0".encode("utf-16-le")
    return struct.pack("<BI", kind, len(data)) + texts + data


_VALUE_ITERATORS = {
    _EXTENDED_CONTENT_DESCRIPTION_GUID: _iter_extended_content,
    _METADATA_GUID: _iter_metadata,
    _METADATA_LIBRARY_GUID: _iter_metadata,
}
# The objects with tags, in the order in which values of one name count.
TAG_OBJECTS = (_CONTENT_DESCRIPTION_GUID, *_VALUE_ITERATORS)
