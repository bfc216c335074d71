"""Checksums, bit packing and noise: what every writer of a format needs."""

import random
import zlib

_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_NO_SYNC = bytes.maketrans(b"\xff", b"\x7e")


def _table(polynomial: int, width: int) -> list[int]:
    """The table of a checksum that takes the highest bit first."""
    top, mask = 1 << (width - 1), (1 << width) - 1
    table = []
    for byte in range(256):
        value = byte << (width - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
        table.append(value)
    return table


_CRC8 = _table(0x07, 8)
_CRC16 = _table(0x8005, 16)


def crc8(data: bytes) -> int:
    """The checksum of a FLAC frame's header."""
    value = 0
    for byte in data:
        value = _CRC8[value ^ byte]
    return value


def crc16(data: bytes) -> int:
    """The checksum of a whole FLAC frame."""
    value = 0
    for byte in data:
        value = (value << 8 & 0xFF00) ^ _CRC16[value >> 8 ^ byte]
    return value


def ogg_crc(data: bytes) -> int:
    """The checksum of an Ogg page: the usual one with all bits mirrored and nothing inverted."""
    mirrored = zlib.crc32(data.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRROR), "big")


def noise(seed: object, size: int) -> bytes:
    """Bytes that differ from seed to seed and hold no 0xFF, so that they never look like a sync."""
    return random.Random(repr(seed)).randbytes(size).translate(_NO_SYNC)


def synchsafe(number: int) -> bytes:
    """Four bytes of seven bits."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


class Bits:
    """A row of bits, highest first."""

    def __init__(self) -> None:
        self.digits: list[str] = []

    def put(self, value: int, width: int) -> "Bits":
        """Append a number in so many bits."""
        self.digits.append(f"{value:0{width}b}")
        return self

    def take(self) -> bytes:
        """All bits as bytes, filled up with zeros."""
        row = "".join(self.digits)
        row += "0" * (-len(row) % 8)
        return int("1" + row, 2).to_bytes(len(row) // 8 + 1, "big")[1:] if row else b""
