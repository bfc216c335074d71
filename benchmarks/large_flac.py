"""A long FLAC file of verbatim frames, whose sums are right (RFC 9639, 8.2, 9 and 9.2.2)."""

from __future__ import annotations

from functools import cache
from random import Random

_SAMPLES = 4096  # of 16 bits in a frame, one channel
_BODIES = 64


def sound(size: int, rng: Random) -> bytes:
    """Make a file of about so many bytes; which frames follow each other is left to chance."""
    count = size // (2 * _SAMPLES)
    return (
        b"fLaC\x80\0\0\x22"
        + _stream_info(count)
        + b"".join(_frame(number, rng.randrange(_BODIES)) for number in range(count))
    )


def _stream_info(count: int) -> bytes:
    """44.1 kHz, one channel, 16 bits; the sum over the sound is left out, as the RFC allows."""
    packed = 44_100 << 44 | 0 << 41 | 15 << 36 | count * _SAMPLES
    sizes = _SAMPLES.to_bytes(2) * 2 + bytes(6)
    return sizes + packed.to_bytes(8) + bytes(16)


def _frame(number: int, body: int) -> bytes:
    """A header, one verbatim subframe, and the sum of both.

    A sum that stands at S before two bytes goes on as from nothing before these two XOR S, so the
    first sample takes up what the header left, and the sums of the bodies need be made only once.
    """
    head = b"\xff\xf8\xc9\x08" + chr(number).encode("utf-8", "surrogatepass")
    head += bytes([_crc(head, _table(8, 0x07), 8)]) + b"\x02"
    first = _crc(head, _table(16, 0x8005), 16)
    data, check = _bodies()[body]
    return head + first.to_bytes(2) + data + check


@cache
def _bodies() -> list[tuple[bytes, bytes]]:
    """All samples but the first, and the sum of two zero bytes and them."""
    rng = Random(2)
    bodies = [rng.randbytes(2 * _SAMPLES - 2) for _ in range(_BODIES)]
    return [(body, _crc(body, _table(16, 0x8005), 16).to_bytes(2)) for body in bodies]


@cache
def _table(bits: int, polynomial: int) -> list[int]:
    top, table = 1 << bits - 1, []
    for byte in range(256):
        value = byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & top else 0)) & 2 * top - 1
        table.append(value)
    return table


def _crc(data: bytes, table: list[int], bits: int) -> int:
    value, mask = 0, (1 << bits) - 1
    for byte in data:
        value = (value << 8 & mask) ^ table[value >> bits - 8 ^ byte]
    return value
