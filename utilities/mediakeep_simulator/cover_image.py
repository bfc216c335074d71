"""Render cover images on request: PNG squares of two colours, different for each release."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from itertools import cycle, islice

_STRIPE_COUNT = 7


@lru_cache(maxsize=256)
def render_png(name: str, size: int) -> bytes:
    """Render a square picture of `size` pixels, always the same for the same name and size."""
    colours = zlib.crc32(name.encode()).to_bytes(4) + bytes(b ^ 0xFF for b in name.encode()[:2])
    width = max(1, size // _STRIPE_COUNT)
    pixels = "".join(islice(cycle("0" * width + "1" * width), size + width))
    rows = [_pack_row(pixels[shift : shift + size]) for shift in (0, width)]
    data = b"".join(rows[line // width % 2] for line in range(size))
    head = struct.pack(">IIBBBBB", size, size, 1, 3, 0, 0, 0)  # one bit a pixel, with a palette
    parts = ((b"IHDR", head), (b"PLTE", colours), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, part) for kind, part in parts)


def _pack_row(pixels: str) -> bytes:
    padded = pixels.ljust(-(-len(pixels) // 8) * 8, "0")
    return b"\0" + int(padded, 2).to_bytes(len(padded) // 8)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """Build a chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
