"""FLAC frames that each hold one constant level, the cheapest sound that is truly different."""

import hashlib
import random
import struct

from tests.recall.sound.bits import crc8, crc16

RATE = 8000
BLOCK = 4096


def frames(seed: object, seconds: float) -> tuple[list[bytes], bytes, int]:
    """The frames, the MD5 of what they decode to, and the number of samples."""
    total = max(4 * BLOCK, round(seconds * RATE))
    chance, made, digest, at = random.Random(repr(seed)), [], hashlib.md5(), 0
    while at < total:
        size = min(BLOCK, total - at)
        level = chance.randrange(-9000, 9000)
        made.append(_frame(len(made), size, level))
        digest.update(struct.pack("<h", level) * size)
        at += size
    return made, digest.digest(), total


def _frame(number: int, size: int, level: int) -> bytes:
    """One frame: mono, 16 bits, all samples alike."""
    whole = size == BLOCK
    head = bytes((0xFF, 0xF8, 0xC4 if whole else 0x74, 0x08)) + chr(number).encode()
    head += b"" if whole else struct.pack(">H", size - 1)
    frame = head + bytes((crc8(head), 0)) + struct.pack(">h", level)
    return frame + struct.pack(">H", crc16(frame))


def streaminfo(made: list[bytes], digest: bytes, total: int) -> bytes:
    """The block that describes the stream."""
    sizes = [len(frame) for frame in made]
    packed = RATE << 44 | 0 << 41 | 15 << 36 | total
    return b"".join(
        (
            struct.pack(">HH", BLOCK, BLOCK),
            min(sizes).to_bytes(3, "big"),
            max(sizes).to_bytes(3, "big"),
            packed.to_bytes(8, "big"),
            digest,
        )
    )


def block(kind: int, body: bytes, last: bool = False) -> bytes:
    """A metadata block."""
    return bytes([kind | (0x80 if last else 0)]) + len(body).to_bytes(3, "big") + body


def flac(
    seed: object, seconds: float, comments: bytes, pictures: list[bytes], told: bool = True
) -> bytes:
    """A whole file; `told` is whether the MD5 is written, which some encoders leave out."""
    made, digest, total = frames(seed, seconds)
    blocks = [block(0, streaminfo(made, digest if told else bytes(16), total)), block(4, comments)]
    blocks += [block(6, picture) for picture in pictures]
    return b"fLaC" + b"".join(blocks) + block(1, bytes(32), last=True) + b"".join(made)
