"""The boxes that an M4A is made of (ISO/IEC 14496-12), as far as lengthening one takes."""

from __future__ import annotations

import struct
from collections.abc import Mapping


class Boxes:
    """The boxes of an M4A by their names, each of which is there once."""

    def __init__(self, sound: bytes) -> None:
        self._sound, self._data = sound, bytearray(sound)

    def __getitem__(self, name: str) -> int:
        return self._sound.index(name.encode())

    def number(self, name: str, place: int) -> int:
        """Return the number so many bytes behind the start of a name."""
        (value,) = struct.unpack_from(">I", self._sound, self[name] + place)
        return int(value)

    def add(self, name: str, place: int, amount: int) -> None:
        """Make a number larger."""
        value = self.number(name, place) + amount
        struct.pack_into(">I", self._data, self[name] + place, value)

    def end(self, name: str) -> int:
        """Tell where a box ends."""
        return self[name] - 4 + self.number(name, -4)

    def with_added(self, parts: Mapping[int, bytes]) -> bytes:
        """Return the whole file with something put in at some places."""
        for place in sorted(parts, reverse=True):
            self._data[place:place] = parts[place]
        return bytes(self._data)
