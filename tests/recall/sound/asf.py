"""ASF: Windows Media Audio in packets of one superframe each."""

import struct
from uuid import UUID

from tests.recall.sound import seeds

HEADER = UUID("75b22630-668e-11cf-a6d9-00aa0062ce6c").bytes_le
DATA = UUID("75b22636-668e-11cf-a6d9-00aa0062ce6c").bytes_le
FILE = UUID("8cabdca1-a947-11cf-8ee4-00c00c205365").bytes_le
STREAM = UUID("b7dc0791-a9b7-11cf-8ee6-00c00c205365").bytes_le
EXTENSION = UUID("5fbf03b5-a92e-11cf-8ee3-00c00c205365").bytes_le
CONTENT = UUID("75b22633-668e-11cf-a6d9-00aa0062ce6c").bytes_le
EXTENDED = UUID("d2d0a440-e307-11d2-97f0-00a0c95ea850").bytes_le
ENCRYPTION = UUID("2211b3fb-bd23-11d2-b4b7-00a0c955fc6e").bytes_le
_AUDIO = UUID("f8699e40-5b4d-11cf-a8fd-00805f5c442b").bytes_le
_SPREAD = UUID("bfc3cd50-618f-11cf-8bb2-00aa00b4e220").bytes_le
_RESERVED = UUID("abd3d211-a9ba-11cf-8ee6-00c00c205365").bytes_le

PACKET = 128
SUPERFRAME = 96
MILLISECONDS = 32


def part(name: bytes, body: bytes) -> bytes:
    """One object with its size."""
    return name + struct.pack("<Q", len(body) + 24) + body


def _packet(number: int, superframe: bytes) -> bytes:
    """One packet with one payload, filled up with zeros that it tells of."""
    at = number * MILLISECONDS
    payload = struct.pack("<BBIBII", 0x81, number & 0xFF, 0, 8, len(superframe), at) + superframe
    rest = PACKET - 12 - len(payload)
    head = b"\x82\0\0\x08\x5d" + struct.pack("<BIH", rest, at, MILLISECONDS)
    return head + payload + bytes(rest)


def _properties(count: int, size: int) -> bytes:
    """The object that describes the whole file."""
    ticks = count * MILLISECONDS * 10000
    head = bytes(16) + struct.pack("<QQQQQQ", size, 0, count, ticks, ticks, 0)
    return part(FILE, head + struct.pack("<IIII", 2, PACKET, PACKET, 32000))


def _stream(rate: int) -> bytes:
    """The object that describes the sound; `rate` is in bits a second."""
    extra = bytes.fromhex("00000000010000000000")
    form = struct.pack("<HHIIHHH", 0x161, 1, 16000, rate // 8, SUPERFRAME, 16, 10) + extra
    spread = struct.pack("<BHHHB", 1, SUPERFRAME, SUPERFRAME, 1, 0)
    sizes = struct.pack("<QIIHI", 0, len(form), len(spread), 1, 0)
    return part(STREAM, _AUDIO + _SPREAD + sizes + form + spread)


def wma(
    seed: object, objects: list[bytes], count: int = 20, rate: int = 24000, locked: bool = False
) -> bytes:
    """A whole file; `objects` are its tags, `locked` adds a content encryption object."""
    packets = [_packet(n, body) for n, body in enumerate(seeds.wma().choose(seed, count))]
    extension = part(EXTENSION, _RESERVED + struct.pack("<HI", 6, 0))
    inner = [_stream(rate), extension, *objects]
    if locked:
        secret = b"".join(
            struct.pack("<I", 4) + word for word in (b"KEYS", b"DRM\0", b"KEY0", b"URL\0")
        )
        inner.append(part(ENCRYPTION, secret))
    data = part(DATA, bytes(16) + struct.pack("<QBB", count, 1, 1) + b"".join(packets))
    head = struct.pack("<IBB", len(inner) + 1, 1, 2)
    size = len(part(HEADER, head + _properties(count, 0) + b"".join(inner))) + len(data)
    return part(HEADER, head + _properties(count, size) + b"".join(inner)) + data
