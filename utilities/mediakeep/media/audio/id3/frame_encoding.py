"""Decode the content of ID3v2 frames, after id3.org's 2.3.0 (3.3.1) and 2.4.0 (4.1)."""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

MAX_TAG_SIZE = 64 * 1024 * 1024  # bytes of all frames of a tag that are held in memory

_MAX_FRAME_SIZE = 16 * 1024 * 1024  # bytes of an encoded frame
_SYNC_PATTERN = re.compile(rb"\xff[\xe0-\xff]")


class _FlagBits(NamedTuple):
    """The bits of an ID3v2 frame's flags that change how the frame's content is encoded."""

    grouped: int = 0
    encrypted: int = 0
    compressed: int = 0
    unsynced: int = 0
    sized: int = 0


_FLAG_BITS = {
    2: _FlagBits(),
    3: _FlagBits(grouped=0x20, encrypted=0x40, compressed=0x80),
    4: _FlagBits(grouped=0x40, encrypted=0x04, compressed=0x08, unsynced=0x02, sized=0x01),
}


def remove_unsynchronisation(data: bytes) -> bytes:
    """Remove the zero bytes that unsynchronisation inserts after 0xFF.

    Some taggers set the flag without inserting them. Data that contains what unsynchronisation
    prevents is returned unchanged.
    """
    return data if _SYNC_PATTERN.search(data) else data.replace(b"\xff\0", b"\xff")


class FrameDecoder:
    """Decodes the frames of one ID3v2 tag within memory limits."""

    def __init__(self, version: int, *, unsynced: bool) -> None:
        self._flag_bits = _FLAG_BITS[version]
        self._unsynchronised = unsynced and version == 4  # in 2.3 the whole tag is
        self._size_field_flags = self._flag_bits.compressed | self._flag_bits.sized
        self._remaining_bytes = MAX_TAG_SIZE

    @property
    def max_frame_size(self) -> int:
        """The largest size of the next frame that is decoded, in bytes."""
        return min(_MAX_FRAME_SIZE, self._remaining_bytes)

    def is_plain(self, flags: int) -> bool:
        """Return True if a frame with these flags stores its content unchanged."""
        return not flags and not self._unsynchronised

    def decode(self, data: bytes, flags: int) -> bytes:
        """Return the decoded content of a frame.

        Return b"" if it is encrypted, malformed or too large.
        """
        self._remaining_bytes -= len(data)
        if flags & self._flag_bits.encrypted:
            return b""
        # One byte of group id, four bytes of content size, which is not trusted.
        data = data[
            bool(flags & self._flag_bits.grouped) + 4 * bool(flags & self._size_field_flags) :
        ]
        if self._unsynchronised or flags & self._flag_bits.unsynced:
            data = remove_unsynchronisation(data)
        return self._decompress(data) if flags & self._flag_bits.compressed else data

    def _decompress(self, data: bytes) -> bytes:
        if self.max_frame_size <= 0:
            return b""
        decompressor = zlib.decompressobj()
        try:
            content = decompressor.decompress(data, self.max_frame_size)
        except zlib.error:
            return b""
        self._remaining_bytes -= len(content)
        return content if decompressor.eof else b""
