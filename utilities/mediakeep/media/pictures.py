"""Detect the MIME type, width and height of pictures from a few bytes.

After the JPEG standard (ITU-T T.81, B.1.1 and B.2.2), the PNG specification (W3C, 11.2.1), the GIF
89a specification (18), the WebP container (RFC 9649), the bitmap headers of Windows, and TIFF 6.0.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from mediakeep.media import open_file
from mediakeep.media.audio.model import EmbeddedPicture
from mediakeep.media.bounded_file import ReadAt, ReadBudgetExceeded, open_bounded

PictureInfo = tuple[str, int, int]  # MIME type ("" if not a picture), width, height (0 if unknown)

NOT_A_PICTURE: PictureInfo = ("", 0, 0)

_HEAD_SIZE = 512  # bytes that identify every type, and contain the size of most JPEGs
_MAX_SEGMENTS = 64  # segments of a JPEG that are read
_EMPTY_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})  # JPEG markers without content
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those with the size
_MAX_TIFF_ENTRIES = 64  # of a TIFF directory


def read_picture_info(path: Path) -> PictureInfo:
    """Return MIME type, width and height in pixels of a picture file; raise Unreadable.

    Only a few KB are read.
    """
    with open_file.open_regular_file(path) as handle, open_file.translate_errors(path):
        return identify_picture(open_bounded(handle).read)


def build_embedded_picture(kind: int, mime: str, size: int, read_at: ReadAt) -> EmbeddedPicture:
    """Return the description of a picture embedded in an audio file.

    `kind` is the ID3 picture type, `size` the number of bytes.
    """
    seen, width, height = identify_picture(read_at)
    return EmbeddedPicture(type=kind, mime=mime, size=size, seen=seen, width=width, height=height)


def identify_picture(read_at: ReadAt) -> PictureInfo:
    """Return MIME type, width and height in pixels of picture data.

    `read_at` takes offsets from the first byte of the picture.
    """
    head = read_at(0, _HEAD_SIZE)
    for start, place, mark, mime, measure in _SIGNATURES:
        if head.startswith(start) and head.startswith(mark, place):
            try:
                return mime, *measure(head, read_at)
            except (struct.error, IndexError, ReadBudgetExceeded):  # it ends before its size
                return mime, 0, 0
    return NOT_A_PICTURE


def iter_jpeg_segments(read_at: ReadAt, head: bytes = b"") -> Iterator[tuple[int, int]]:
    """Yield marker and offset of the first segments of a JPEG that have content.

    `head` are its first bytes, if they are known. Raises IndexError if it ends within a segment.
    """
    place = 2
    for _ in range(_MAX_SEGMENTS):
        part = head[place : place + 4] if place + 4 <= len(head) else read_at(place, 4)
        if part[0] != 0xFF:
            break
        marker = part[1]
        if marker == 0xFF:  # a fill byte
            place += 1
        elif marker in _EMPTY_MARKERS:
            place += 2
        else:
            yield marker, place
            place += 2 + max(2, int.from_bytes(part[2:4]))


def _jpeg_size(head: bytes, read_at: ReadAt) -> tuple[int, int]:
    """Return width and height of a JPEG in pixels, from its frame header."""
    for marker, place in iter_jpeg_segments(read_at, head):
        if marker in _FRAME_MARKERS:
            part = head[place : place + 9] if place + 9 <= len(head) else read_at(place, 9)
            height, width = struct.unpack_from(">HH", part, 5)
            return width, height
    return 0, 0


def _png_size(head: bytes, _read_at: ReadAt) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", head, 16)
    return width, height


def _gif_size(head: bytes, _read_at: ReadAt) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def _webp_size(head: bytes, _read_at: ReadAt) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", head, 26)
    return width & 0x3FFF, height & 0x3FFF


def _bmp_size(head: bytes, _read_at: ReadAt) -> tuple[int, int]:
    if int.from_bytes(head[14:18], "little") == 12:  # the OS/2 header
        width, height = struct.unpack_from("<HH", head, 18)
        return width, height
    width, height = struct.unpack_from("<ii", head, 18)
    return max(0, width), abs(height)  # a top-down bitmap has a negative height


def _tiff_size(head: bytes, read_at: ReadAt) -> tuple[int, int]:
    order = "<" if head.startswith(b"II") else ">"
    (position,) = struct.unpack_from(order + "I", head, 4)
    (count,) = struct.unpack(order + "H", read_at(position, 2))
    fields = {}
    entries = read_at(position + 2, 12 * min(count, _MAX_TIFF_ENTRIES))
    for start in range(0, len(entries) - 11, 12):
        name, form = struct.unpack_from(order + "HH", entries, start)
        (fields[name],) = struct.unpack_from(
            order + ("H" if form == 3 else "I"), entries, start + 8
        )
    return fields.get(0x100, 0), fields.get(0x101, 0)


# First bytes; offset and bytes of a second mark; MIME type; size reader.
_SIGNATURES: tuple[
    tuple[bytes, int, bytes, str, Callable[[bytes, ReadAt], tuple[int, int]]], ...
] = (
    (b"\xff\xd8\xff", 0, b"", "image/jpeg", _jpeg_size),
    (b"\x89PNG\r\n\x1a\n", 0, b"", "image/png", _png_size),
    (b"GIF87a", 0, b"", "image/gif", _gif_size),
    (b"GIF89a", 0, b"", "image/gif", _gif_size),
    (b"RIFF", 8, b"WEBP", "image/webp", _webp_size),
    (b"BM", 6, b"\0\0\0\0", "image/bmp", _bmp_size),
    (b"II*\0", 0, b"", "image/tiff", _tiff_size),
    (b"MM\0*", 0, b"", "image/tiff", _tiff_size),
)
