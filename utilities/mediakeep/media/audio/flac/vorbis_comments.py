"""Read Vorbis comments and FLAC picture blocks.

After RFC 9639 (8.6, 8.8) and "Ogg Vorbis I" (5).
"""

from __future__ import annotations

import base64
import binascii
import struct

from mediakeep.media import pictures
from mediakeep.media.audio.model import EmbeddedPicture
from mediakeep.media.audio.parsed_file import TagBlock
from mediakeep.media.bounded_file import ReadAt

_PICTURE_KEYS = _PICTURE_KEY, _OLD_PICTURE_KEY = ("metadata_block_picture", "coverart")
_FRONT_COVER = 3
_LINK_MIME = "-->"  # MIME type of a picture that is only a URL
_MAX_MIME_SIZE = 1024  # bytes of a MIME type
_MAX_COMMENTS = 20_000
_MAX_TEXT_SIZE = 256 * 1024


def parse_comments(data: bytes, offset: int = 0) -> TagBlock:
    """Parse the Vorbis comments at a byte offset, up to the first malformed one."""
    block = TagBlock(name="Vorbis comment", tag_format="vorbis")
    offset += 4 + int.from_bytes(data[offset : offset + 4], "little")  # vendor string
    count = int.from_bytes(data[offset : offset + 4], "little")
    offset += 4
    end = len(data)
    for _ in range(min(count, _MAX_COMMENTS)):
        start = offset + 4
        if start > end or block.remaining <= 0:
            break
        offset = start + int.from_bytes(data[offset:start], "little")
        name, separator, text = data[start:offset].partition(b"=")
        if not separator:
            continue
        if (key := name.decode("utf-8", "replace").lower()) in _PICTURE_KEYS:
            _add_base64_picture(block, key, text)
        else:
            block.add_text(key, text[:_MAX_TEXT_SIZE].decode("utf-8", "replace"))
    return block


def parse_picture_block(size: int, read_at: ReadAt) -> EmbeddedPicture | None:
    """Parse a FLAC picture block; return None if it is malformed or contains only a link."""
    try:
        return _parse_picture_block(size, read_at)
    except struct.error:  # truncated
        return None


def _parse_picture_block(size: int, read_at: ReadAt) -> EmbeddedPicture | None:
    head = read_at(0, 12 + _MAX_MIME_SIZE)
    kind, length = struct.unpack_from(">II", head)
    if length > _MAX_MIME_SIZE:
        return None
    (description_size,) = struct.unpack_from(">I", head, 8 + length)
    mime = head[8 : 8 + length].decode("latin-1")
    start = 8 + length + 4 + description_size + 20
    size_field = head[start - 4 : start] if start <= len(head) else read_at(start - 4, 4)
    (claimed,) = struct.unpack(">I", size_field)
    if mime == _LINK_MIME:
        return None
    length = min(claimed, size - start)
    return pictures.build_embedded_picture(
        kind, mime, length, lambda offset, count: read_at(start + offset, count)
    )


def _add_base64_picture(block: TagBlock, name: str, text: bytes) -> None:
    size, read_at = _decoded_length(text), _base64_reader(text)
    if name == _OLD_PICTURE_KEY:  # has no picture type
        block.add_picture(pictures.build_embedded_picture(_FRONT_COVER, "", size, read_at))
    elif embedded := parse_picture_block(size, read_at):
        block.add_picture(embedded)


def _decoded_length(text: bytes) -> int:
    return len(text) // 4 * 3 - (text[-2:].count(b"=") if len(text) % 4 == 0 else 0)


def _base64_reader(text: bytes) -> ReadAt:
    """Return a function that reads bytes from base64 text, and decodes only what it returns."""

    def at(offset: int, size: int) -> bytes:
        first = offset // 3
        part = text[first * 4 : (offset + size + 2) // 3 * 4]
        try:
            return base64.b64decode(part + b"=" * (-len(part) % 4))[offset - first * 3 :][:size]
        except binascii.Error:
            return b""

    return at
