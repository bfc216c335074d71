"""The encoding of ID3v2 frame content, after id3.org's 2.3.0 (3.3.1) and 2.4.0 (4.1)."""

from __future__ import annotations

import zlib
from typing import NamedTuple

TAG_LIMIT = 64 * 1024 * 1024  # bytes of all frames of a tag that are held in memory

_FRAME_LIMIT = 16 * 1024 * 1024  # bytes of one of these frames


class _Bits(NamedTuple):
    """The frame flags that change how the content is encoded."""

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
    """Decodes the frames of one tag within memory limits."""

    def __init__(self, version: int, *, unsynced: bool) -> None:
        self._bits = _BITS[version]
        self._unsynced = unsynced and version == 4  # in 2.3 the whole tag is
        self._ahead = self._bits.compressed | self._bits.sized
        self._left = TAG_LIMIT

    @property
    def room(self) -> int:
        """Largest size of the next frame, in bytes."""
        return min(_FRAME_LIMIT, self._left)

    def is_plain(self, flags: int) -> bool:
        """Whether the content of a frame is stored unchanged."""
        return not flags and not self._unsynced

    def restored(self, data: bytes, flags: int) -> bytes:
        """Return the content of a frame; b"" if it is encrypted, malformed or too large."""
        self._left -= len(data)
        if flags & self._bits.encrypted:
            return b""
        # One byte of group id, four bytes of content size, which is not trusted.
        data = data[bool(flags & self._bits.grouped) + 4 * bool(flags & self._ahead) :]
        if self._unsynced or flags & self._bits.unsynced:
            data = data.replace(b"\xff\0", b"\xff")
        return self._unfolded(data) if flags & self._bits.compressed else data

    def _unfolded(self, data: bytes) -> bytes:
        if self.room <= 0:
            return b""
        decompressor = zlib.decompressobj()
        try:
            content = decompressor.decompress(data, self.room)
        except zlib.error:
            return b""
        self._left -= len(content)
        return content if decompressor.eof else b""
