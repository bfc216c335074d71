"""Monkey's Audio, WavPack, Musepack and DSF."""

import hashlib
import struct
import zlib

from tests.recall.sound import seeds
from tests.recall.sound.bits import noise


def monkeys(seed: object, count: int = 3) -> bytes:
    """Monkey's Audio: frames that say they are silent, with spare bytes that differ."""
    frames = [
        struct.pack("<II", 0x80000000 | number, 3) + noise((seed, number), 400)
        for number in range(count)
    ]
    start = 52 + 24 + 4 * count
    table = b"".join(struct.pack("<I", start + 408 * number) for number in range(count))
    head = struct.pack("<HHIIIHHI", 2000, 32, 8192, 8000, count, 16, 2, 8000)
    data = b"".join(frames)
    digest = hashlib.md5(data + head + table).digest()
    sizes = struct.pack("<HHIIIIIII", 3990, 0, 52, len(head), len(table), 0, len(data), 0, 0)
    return b"MAC " + sizes + digest + head + table + data


def wavpack(seed: object, count: int = 8) -> bytes:
    """WavPack, 8,000 Hz, mono: blocks of 96 samples in an order of their own."""
    made = []
    for number, block in enumerate(seeds.wavpack().choose(seed, count)):
        place = struct.pack("<II", count * 96, number * 96)
        made.append(block[:12] + place + block[20:])
    return b"".join(made)


def _size(body: int) -> bytes:
    """The size of a Musepack packet, which counts its own key and itself."""
    return bytes([body + 3]) if body + 3 < 128 else _varint(body + 4)


def _varint(number: int) -> bytes:
    """Seven bits a byte, highest first."""
    parts = [number & 0x7F]
    while number > 0x7F:
        number >>= 7
        parts.insert(0, number & 0x7F | 0x80)
    return bytes(parts)


def _packet(key: bytes, body: bytes) -> bytes:
    """One packet of Musepack 8."""
    return key + _size(len(body)) + body


def musepack8(seed: object, count: int = 12, spare: int = 100) -> bytes:
    """Musepack 8, 44,100 Hz, stereo: one silent frame a packet."""
    told = b"\x08" + _varint(count * 1152) + b"\0" + b"\x00\x10"
    parts = [
        _packet(b"SH", struct.pack(">I", zlib.crc32(told)) + told),
        _packet(b"RG", b"\x01" + bytes(8)),
        _packet(b"EI", b"\x50\x01\x1e\x01"),
    ]
    parts += [_packet(b"AP", b"\0\0" + noise((seed, number), spare)) for number in range(count)]
    return b"MPCK" + b"".join(parts) + _packet(b"SE", b"")


def musepack7(seed: object, count: int = 100) -> bytes:
    """Musepack 7, 44,100 Hz, stereo: silent frames of a word each, lowest byte first.

    A decoder takes up to 31 bits more than a frame needs; four of them differ from track to track.
    """
    spare = noise(seed, count)
    frames = b"".join((12 << 12 | spare[at] & 15).to_bytes(4, "big") for at in range(count))
    row = b"\x75" + frames + b"\x90\0"
    row += bytes(-len(row) % 4)
    words = struct.pack(f"<{len(row) // 4}I", *struct.unpack(f">{len(row) // 4}I", row))
    head = struct.pack("<IIIII", count, 10 << 20, 0, 0, 1 << 31 | 1152 << 20)
    return b"MP+\x07" + head + words


def dsf(seed: object, tag: bytes, blocks: int = 1) -> bytes:
    """DSF, 2.8 MHz, mono, with ID3 behind the sound."""
    size = blocks * 4096
    form = struct.pack("<QIIIIIIQII", 52, 1, 0, 1, 1, 2822400, 1, size * 8, 4096, 0)
    data = b"data" + struct.pack("<Q", size + 12) + noise(seed, size)
    body = b"fmt " + form + data
    start = 28 + len(body)
    head = b"DSD " + struct.pack("<QQQ", 28, start + len(tag), start if tag else 0)
    return head + body + tag
