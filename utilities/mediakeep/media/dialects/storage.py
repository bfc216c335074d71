"""How the content of ID3v2 frames is stored, after id3.org's 2.3.0 (3.3.1) and 2.4.0 (4.1)."""

from __future__ import annotations

import zlib
from typing import NamedTuple

TAG_LIMIT = 64 * 1024 * 1024  # bytes of all frames of a tag that have to be held whole

_FRAME_LIMIT = 16 * 1024 * 1024  # bytes of one such frame


class _Bits(NamedTuple):
    """The bits of a frame's flags that change how its content is stored."""

    grouped: int = 0
    encrypted: int = 0
    compressed: int = 0
    unsynced: int = 0
    sized: int = 0


_BITS = {
    2: _Bits(),
    3: _Bits(grouped=0x20, encrypted=0x40, compressed=0x80),
    4: _Bits(grouped=0x40, encrypted=0x04, compressed=0x08, unsynced=0x02, sized=0x01),
}


class Storage:
    """Restores the content of one tag's frames, within bounds, however it was compressed."""

    def __init__(self, version: int, *, unsynced: bool) -> None:
        self._bits = _BITS[version]
        self._unsynced = unsynced and version == 4  # before, the whole tag was
        self._ahead = self._bits.compressed | self._bits.sized
        self._left = TAG_LIMIT

    @property
    def room(self) -> int:
        """Bytes that the next frame may have."""
        return min(_FRAME_LIMIT, self._left)

    def is_plain(self, flags: int) -> bool:
        """Whether a frame's content is stored as it is."""
        return not flags and not self._unsynced

    def restored(self, data: bytes, flags: int) -> bytes:
        """Return a frame's content; b"" where it is encrypted, broken, or unfolds too far."""
        self._left -= len(data)
        if flags & self._bits.encrypted:
            return b""
        # A group has one byte, the size of the content four; nobody need believe it.
        data = data[bool(flags & self._bits.grouped) + 4 * bool(flags & self._ahead) :]
        if self._unsynced or flags & self._bits.unsynced:
            data = data.replace(b"\xff\0", b"\xff")
        return self._unfolded(data) if flags & self._bits.compressed else data

    def _unfolded(self, data: bytes) -> bytes:
        if self.room <= 0:
            return b""
        unfolding = zlib.decompressobj()
        try:
            content = unfolding.decompress(data, self.room)
        except zlib.error:
            return b""
        self._left -= len(content)
        return content if unfolding.eof else b""
