"""Write numbers bit by bit."""

from __future__ import annotations


class Bits:
    """A growing sequence of bits."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def put(self, value: int, width: int) -> Bits:
        """Append a number of a given width in bits."""
        self._parts.append(f"{value:0{width}b}")
        return self

    def golomb(self, *values: int) -> Bits:
        """Append numbers as exponential Golomb codes (ITU-T H.264, 9.1)."""
        for value in values:
            self._parts.append("0" * ((value + 1).bit_length() - 1) + f"{value + 1:b}")
        return self

    def raw(self, text: str) -> Bits:
        """Append literal bits."""
        self._parts.append(text)
        return self

    def closed(self) -> bytes:
        """Return the bytes, with a stop bit and padding (H.264, 7.3.2.11)."""
        return _packed("".join(self._parts) + "1")

    def padded(self) -> bytes:
        """Return the bytes, padded with zeros."""
        return _packed("".join(self._parts))


def _packed(bits: str) -> bytes:
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)
