"""Real pictures of any size in a few hundred bytes."""

import struct
import zlib
from functools import cache


@cache
def png(width: int, height: int, shade: int = 90) -> bytes:
    """A grey PNG with a darker frame, one byte a dot."""
    middle = (
        bytes([0, 0]) + bytes([shade]) * (width - 2) + b"\0" if width > 2 else b"\0" * (width + 1)
    )
    rows = zlib.compress(middle * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_part(name, body) for name, body in parts)


def _png_part(name: bytes, body: bytes) -> bytes:
    """One chunk with its checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@cache
def jpeg(width: int, height: int, shade: int = 4) -> bytes:
    """A grey baseline JPEG: its first block tells the shade, all others repeat it."""
    blocks = -(-width // 8) * -(-height // 8)
    row = "10" + f"{shade:04b}" + "0" + "00" * (blocks - 1)
    row += "1" * (-len(row) % 8)
    scan = int(row, 2).to_bytes(len(row) // 8, "big").replace(b"\xff", b"\xff\0")
    return b"".join(
        (
            b"\xff\xd8",
            _mark(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            _mark(0xDB, b"\0" + b"\x10" * 64),
            _mark(0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)),
            _mark(0xC4, b"\x00" + bytes([1, 1]) + bytes(14) + b"\0\4"),
            _mark(0xC4, b"\x10" + bytes([1]) + bytes(15) + b"\0"),
            _mark(0xDA, b"\1\1\0\0\x3f\0"),
            scan,
            b"\xff\xd9",
        )
    )


def _mark(number: int, body: bytes) -> bytes:
    """One marker segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, number, len(body) + 2) + body


@cache
def gif(width: int, height: int) -> bytes:
    """A black GIF: each code stands for a run that is one dot longer than the one before."""
    codes, left, run = [4], width * height, 1
    while left:
        step = min(run, left)
        codes.append(0 if step == 1 else step + 4)
        left -= step
        run = run + 1 if len(codes) < 4000 else 1
    size, bits, known = 3, [], 5
    for code in [*codes, 5]:
        bits.append(f"{code:0{size}b}"[::-1])
        known += 1
        size += known > 1 << size
    row = "".join(bits)
    packed = int(row[::-1], 2).to_bytes(-(-len(row) // 8), "little")
    blocks = [packed[at : at + 255] for at in range(0, len(packed), 255)]
    body = b"".join(bytes([len(block)]) + block for block in blocks)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0)
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x91, 0, 0) + bytes(12)
    return head + frame + b"\2" + body + b"\0\x3b"


@cache
def webp(width: int, height: int) -> bytes:
    """A WebP without loss, of one colour: four bytes of codes that need no further bits."""
    size = (width - 1) | (height - 1) << 14
    body = (
        b"\x2f"
        + struct.pack("<I", size)
        + bytes.fromhex("07 10 11 11 88 88 fe 07 00".replace(" ", ""))
    )
    body += b"\0" * (len(body) % 2)
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def mime(picture: bytes) -> str:
    """What a tag calls the picture."""
    return "image/png" if picture[:4] == b"\x89PNG" else "image/jpeg"
