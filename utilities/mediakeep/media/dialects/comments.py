"""Vorbis comments and FLAC picture blocks, after RFC 9639 (8.6, 8.8) and "Ogg Vorbis I" (5)."""

from __future__ import annotations

import base64
import binascii
import struct

from mediakeep.media import pictures
from mediakeep.media.anatomy import Block
from mediakeep.media.reading import Picture
from mediakeep.media.source import ReadAt

_PICTURES = _PICTURE, _OLD_PICTURE = ("metadata_block_picture", "coverart")
_FRONT_COVER = 3
_LINK = "-->"  # MIME type of a picture that is only a URL
_LONGEST_NAME = 1024  # bytes of a MIME type
_ENTRIES = 20_000
_TEXT_LIMIT = 256 * 1024


def read(data: bytes, offset: int = 0) -> Block:
    """Parse the comments at an offset, as many as are well-formed."""
    block = Block(name="Vorbis comment", dialect="vorbis")
    offset += 4 + int.from_bytes(data[offset : offset + 4], "little")  # vendor string
    count = int.from_bytes(data[offset : offset + 4], "little")
    offset += 4
    end = len(data)
    for _ in range(min(count, _ENTRIES)):
        start = offset + 4
        if start > end or block.room <= 0:
            break
        offset = start + int.from_bytes(data[offset:start], "little")
        name, separator, text = data[start:offset].partition(b"=")
        if not separator:
            continue
        if (key := name.decode("utf-8", "replace").lower()) in _PICTURES:
            _add_picture(block, key, text)
        else:
            block.keep(key, text[:_TEXT_LIMIT].decode("utf-8", "replace"))
    return block


def picture(size: int, read_at: ReadAt) -> Picture | None:
    """Parse a FLAC picture block; return None if it is malformed or only a link."""
    try:
        return _picture(size, read_at)
    except struct.error:  # truncated
        return None


def _picture(size: int, read_at: ReadAt) -> Picture | None:
    head = read_at(0, 12 + _LONGEST_NAME)
    kind, length = struct.unpack_from(">II", head)
    if length > _LONGEST_NAME:
        return None
    (description_size,) = struct.unpack_from(">I", head, 8 + length)
    mime = head[8 : 8 + length].decode("latin-1")
    start = 8 + length + 4 + description_size + 20
    size_field = head[start - 4 : start] if start <= len(head) else read_at(start - 4, 4)
    (claimed,) = struct.unpack(">I", size_field)
    if mime == _LINK:
        return None
    length = min(claimed, size - start)
    return pictures.embedded(
        kind, mime, length, lambda offset, count: read_at(start + offset, count)
    )


def _add_picture(block: Block, name: str, text: bytes) -> None:
    size, read_at = _decoded_size(text), _decoding(text)
    if name == _OLD_PICTURE:  # has no picture type
        block.embed(pictures.embedded(_FRONT_COVER, "", size, read_at))
    elif embedded := picture(size, read_at):
        block.embed(embedded)


def _decoded_size(text: bytes) -> int:
    return len(text) // 4 * 3 - (text[-2:].count(b"=") if len(text) % 4 == 0 else 0)


def _decoding(text: bytes) -> ReadAt:
    """Return a function that reads from base64 text and decodes only what it returns."""

    def at(offset: int, size: int) -> bytes:
        first = offset // 3
        part = text[first * 4 : (offset + size + 2) // 3 * 4]
        try:
            return base64.b64decode(part + b"=" * (-len(part) % 4))[offset - first * 3 :][:size]
        except binascii.Error:
            return b""

    return at
