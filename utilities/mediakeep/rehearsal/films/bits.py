"""Numbers written bit by bit, as the pictures and the sound of a video are."""

from __future__ import annotations


class Bits:
    """A row of bits that grows."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def put(self, value: int, width: int) -> Bits:
        """Add a number of so many bits."""
        self._parts.append(f"{value:0{width}b}")
        return self

    def golomb(self, *values: int) -> Bits:
        """Add numbers by exponential Golomb codes (ITU-T H.264, 9.1)."""
        for value in values:
            self._parts.append("0" * ((value + 1).bit_length() - 1) + f"{value + 1:b}")
        return self

    def raw(self, text: str) -> Bits:
        """Add bits that are written out."""
        self._parts.append(text)
        return self

    def closed(self) -> bytes:
        """Return the bytes, ended by a 1 and as many 0 as it takes (H.264, 7.3.2.11)."""
        return _packed("".join(self._parts) + "1")

    def padded(self) -> bytes:
        """Return the bytes, the last of them filled with 0."""
        return _packed("".join(self._parts))


def _packed(bits: str) -> bytes:
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)
