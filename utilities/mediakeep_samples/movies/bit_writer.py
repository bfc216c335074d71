"""Write numbers bit by bit."""

from __future__ import annotations


class BitWriter:
    """A growing sequence of bits."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def put(self, value: int, width: int) -> BitWriter:
        """Append a number of a given width in bits."""
        self._parts.append(f"{value:0{width}b}")
        return self

    def put_golomb(self, *values: int) -> BitWriter:
        """Append numbers as exponential Golomb codes (ITU-T H.264, 9.1)."""
        for value in values:
            self._parts.append("0" * ((value + 1).bit_length() - 1) + f"{value + 1:b}")
        return self

    def put_bits(self, text: str) -> BitWriter:
        """Append literal bits."""
        self._parts.append(text)
        return self

    def with_stop_bit(self) -> bytes:
        """Return the bytes, with a stop bit and padding (H.264, 7.3.2.11)."""
        return _pack_bits("".join(self._parts) + "1")

    def to_bytes(self) -> bytes:
        """Return the bytes, padded with zeros."""
        return _pack_bits("".join(self._parts))


def _pack_bits(bits: str) -> bytes:
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)
