"""Detect picture files that end before their picture does, such as interrupted downloads.

After the JPEG standard (ITU-T T.81, B.1.1 and B.2.1), the PNG specification (W3C, 5.3), the GIF 89a
specification (27), the WebP container (RFC 9649, 2.4), and the bitmap headers of Windows. Nothing
is decoded: damage within the data is not found.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from mediakeep.media import open_file, pictures
from mediakeep.media.bounded_file import BoundedFile, ReadBudgetExceeded, open_bounded

_END_OF_JPEG = b"\xff\xd9"
_START_OF_SCAN = 0xDA  # JPEG marker before the compressed data
_JPEG_TAIL = 256 * 1024  # bytes searched for the end marker: some programs append their own data
_GIF_TAIL = 1024  # bytes
_PNG_HEADER_SIZE = 8  # bytes
_PNG_CHUNK_EXTRA = 12  # bytes of a chunk that its length does not include
_BMP_HEADER_SIZE = 40  # bytes; the header of OS/2 is smaller


def is_truncated(path: Path, mime: str) -> bool:
    """Return whether a picture file lacks its end; raise Unreadable.

    `mime` is the type that `pictures.read_picture_info` returns. For TIFF files, and if too much
    would have to be read, return False.
    """
    is_cut = _CHECKS.get(mime)
    if is_cut is None:
        return False
    with open_file.open_regular_file(path) as handle, open_file.translate_errors(path):
        try:
            return is_cut(open_bounded(handle))
        except ReadBudgetExceeded:
            return False
        except (struct.error, IndexError):  # it ends within its headers
            return True


def _is_jpeg_truncated(source: BoundedFile) -> bool:
    """Search the end marker: compressed data cannot contain it, but embedded thumbnails do."""
    for marker, start in pictures.iter_jpeg_segments(source.read):
        if marker == _START_OF_SCAN:
            tail = max(start, source.size - _JPEG_TAIL)
            return _END_OF_JPEG not in source.read(tail, source.size - tail)
    return False


def _is_png_truncated(source: BoundedFile) -> bool:
    position, name = _PNG_HEADER_SIZE, b""
    while name != b"IEND" and position <= source.size:
        header = source.peek(position, 8)
        name = header[4:8]
        position += _PNG_CHUNK_EXTRA + int.from_bytes(header[:4])
    return position > source.size


def _is_gif_truncated(source: BoundedFile) -> bool:
    """Look for the end of the last block and the trailer; padding may follow."""
    return not source.read_tail(source.size, _GIF_TAIL).rstrip(b"\0\r\n").endswith(b"\0;")


def _is_webp_truncated(source: BoundedFile) -> bool:
    return 8 + int.from_bytes(source.read(4, 4), "little") > source.size


def _is_bmp_truncated(source: BoundedFile) -> bool:
    """Compare the file with the size of the pixels; compressed and OS/2 bitmaps pass."""
    start, header = struct.unpack("<II", source.read(10, 8))
    if header < _BMP_HEADER_SIZE:
        return False
    width, height, bits, compression = struct.unpack("<ii2xHI", source.read(18, 16))
    row = (max(0, width) * bits + 31) // 32 * 4  # bytes, a multiple of 4
    end: int = start + row * abs(height)
    return compression == 0 and end > source.size


_CHECKS: dict[str, Callable[[BoundedFile], bool]] = {
    "image/jpeg": _is_jpeg_truncated,
    "image/png": _is_png_truncated,
    "image/gif": _is_gif_truncated,
    "image/webp": _is_webp_truncated,
    "image/bmp": _is_bmp_truncated,
}
