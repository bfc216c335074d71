"""Read and change the boxes of an M4A file (ISO/IEC 14496-12), as far as needed to lengthen it."""

from __future__ import annotations

import struct
from collections.abc import Mapping


class Mp4Boxes:
    """The boxes of an M4A file by name; each name occurs once."""

    def __init__(self, audio: bytes) -> None:
        self._sound, self._data = audio, bytearray(audio)

    def __getitem__(self, name: str) -> int:
        return self._sound.index(name.encode())

    def read_number(self, name: str, place: int) -> int:
        """Return the number at an offset from a box's name."""
        (value,) = struct.unpack_from(">I", self._sound, self[name] + place)
        return int(value)

    def add_to_number(self, name: str, place: int, amount: int) -> None:
        """Increase a number."""
        value = self.read_number(name, place) + amount
        struct.pack_into(">I", self._data, self[name] + place, value)

    def box_end(self, name: str) -> int:
        """Return the offset of a box's end."""
        return self[name] - 4 + self.read_number(name, -4)

    def insert(self, parts: Mapping[int, bytes]) -> bytes:
        """Return the file with bytes inserted at some offsets."""
        for place in sorted(parts, reverse=True):
            self._data[place:place] = parts[place]
        return bytes(self._data)
