"""Render posters and backdrops on request: real JPEG and PNG files of any size.

A JPEG (ITU-T T.81) has blocks of one colour, and each row of blocks is encoded separately and
repeated: so millions of pixels take a few KB and little time.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache

from mediakeep_simulator.cover_image import png_chunk

_BLOCK_SIZE = 16  # pixels per side of a block with all three components
_MAX_CATEGORY = 11  # categories of DC differences
_QUANTUM = 8  # a difference of 1 is one step of grey
_FIRST_RESTART = 0xD0
_STRIPE_COUNT = 12


@lru_cache(maxsize=64)
def render_jpeg(name: str, width: int, height: int) -> bytes:
    """Render a picture with stripes of two colours, always the same for the same name and size."""
    across, down = -(-width // _BLOCK_SIZE), -(-height // _BLOCK_SIZE)
    digest = zlib.crc32(name.encode()).to_bytes(4)
    first = (digest[0] - 128, digest[1] // 2 - 64, digest[2] // 2 - 64)
    second = (-first[0], first[2], first[1])
    rows = [_encode_row(colour, across) for colour in (first, second)]
    stripe = max(1, down // _STRIPE_COUNT)
    scan = bytearray()
    for line in range(down):
        scan += rows[line // stripe % 2]
        if line + 1 < down:
            scan += bytes((0xFF, _FIRST_RESTART + line % 8))
    return _jpeg_header(width, height, across) + bytes(scan) + b"\xff\xd9"


@lru_cache(maxsize=64)
def render_png(name: str, width: int, height: int) -> bytes:
    """Render a one-coloured picture with transparency, as logos are."""
    colours = zlib.crc32(name.encode()).to_bytes(4)[:3] + b"\0\0\0"
    row = b"\0" + b"\x0f" * -(-width // 8)
    # one bit per pixel, with a palette
    head = struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        (b"PLTE", colours),
        (b"tRNS", b"\xff\0"),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in parts)


def _jpeg_header(width: int, height: int, restart: int) -> bytes:
    quanta = b"\0" + bytes((_QUANTUM,)) * 64
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes((1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0))
    # A one-bit code for the most frequent symbol, 0; longer DC codes for the other categories.
    levels = b"\0" + _count_code_lengths({1: 1, 5: _MAX_CATEGORY}) + bytes(range(_MAX_CATEGORY + 1))
    details = b"\x10" + _count_code_lengths({1: 1}) + b"\0"
    segments = (
        (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
        (0xDB, quanta),
        (0xC0, frame),
        (0xC4, levels),
        (0xC4, details),
        (0xDD, struct.pack(">H", restart)),
        (0xDA, bytes((3, 1, 0, 2, 0, 3, 0, 0, 63, 0))),
    )
    return b"\xff\xd8" + b"".join(
        struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in segments
    )


def _count_code_lengths(codes: dict[int, int]) -> bytes:
    """Return how many Huffman codes have each length, as bytes of a JPEG table."""
    return bytes(codes.get(length, 0) for length in range(1, 17))


def _encode_row(colour: tuple[int, int, int], blocks: int) -> bytes:
    """Encode a row of JPEG blocks of one colour.

    The first block has the colour; the others have no difference from it.
    """
    light, blue, red = (_encode_difference(level) + "0" for level in colour)
    bits = light + "00" * 3 + blue + red + "0" * (12 * (blocks - 1))
    bits = bits.ljust(-(-len(bits) // 8) * 8, "1")
    return int(bits, 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")


def _encode_difference(level: int) -> str:
    """Encode the difference of a JPEG block from the block before (DC difference) as bits.

    These are the code of its category, then its value (T.81, F.1.2.1).
    """
    if not level:
        return "0"
    category = abs(level).bit_length()
    value = level if level > 0 else level + (1 << category) - 1
    return f"{0b10000 + category - 1:05b}{value:0{category}b}"
