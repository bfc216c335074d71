"""MP3 and ADTS streams: silent frames whose spare bytes differ from track to track."""

import struct

from tests.recall.sound import seeds
from tests.recall.sound.bits import Bits, noise

_RATES = {1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)}
_RATES[2] = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def mp3(seed: object, seconds: float = 0.5, rate: int = 64, info: str = "Info") -> bytes:
    """Mono MP3 of one bitrate (kbit/s); `info` is "Xing", "Info", "VBRI" or nothing."""
    version = 1 if rate in _RATES[1] else 2
    sampling, samples = (44100, 1152) if version == 1 else (22050, 576)
    size = samples // 8 * rate * 1000 // sampling
    head = _frame_header(version, _RATES[version].index(rate) + 1)
    count = max(4, round(seconds * sampling / samples))
    side = bytes(17 if version == 1 else 9)
    spare = noise(seed, count * (size - 4 - len(side)))
    step = size - 4 - len(side)
    frames = [head + side + spare[at : at + step] for at in range(0, len(spare), step)]
    if info == "VBRI" and size < 64:
        info = "Xing"
    if info and size > 32:
        frames.insert(0, _told(info, head, side, size, count))
    return b"".join(frames)


def _frame_header(version: int, index: int) -> bytes:
    """Layer III without checksum or padding, mono."""
    return bytes((0xFF, 0xFB if version == 1 else 0xF3, index << 4, 0xC0))


def _told(info: str, head: bytes, side: bytes, size: int, count: int) -> bytes:
    """The frame that tells how many frames and bytes follow, itself counted among the bytes."""
    if info == "VBRI":
        body = struct.pack(">HHHIIHHHH", 1, 0, 75, size * (count + 1), count, 1, 1, 2, count)
        return (head + bytes(32) + b"VBRI" + body + struct.pack(">H", size)).ljust(size, b"\0")
    flags = 0x0F if size >= 150 else 0x03
    table = bytes(min(255, at * 256 // 100) for at in range(100)) + struct.pack(">I", 60)
    body = struct.pack(">III", flags, count, size * (count + 1)) + (table if flags == 15 else b"")
    return (head + side + info.encode() + body).ljust(size, b"\0")


def adts(seed: object, seconds: float = 0) -> bytes:
    """AAC frames, each behind a header of its own; small ones where the length is given."""
    source = seeds.quiet() if seconds else seeds.m4a()
    count = round(seconds * 22050 / 1024) or 24
    return b"".join(_adts_header(len(packet)) + packet for packet in source.choose(seed, count))


def _adts_header(size: int) -> bytes:
    """AAC LC, 22,050 Hz, mono."""
    bits = Bits().put(0xFFF, 12).put(0, 1).put(0, 2).put(1, 1)
    bits.put(1, 2).put(7, 4).put(0, 1).put(1, 3).put(0, 4)
    return bits.put(size + 7, 13).put(0x7FF, 11).put(0, 2).take()
