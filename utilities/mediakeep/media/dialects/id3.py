"""ID3v2 tags, after id3.org's 2.2, 2.3.0 and 2.4.0, and as taggers write them.

A tag is read frame by frame; of a picture only its header is read. Decompression is limited per
frame and per tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.anatomy import Block
from mediakeep.media.dialects import frames, storage
from mediakeep.media.dialects.storage import Storage
from mediakeep.media.source import ReadAt, Source

HEADER = 10
_FRAMES = 20_000
_AT_ONCE = 16 * 1024  # bytes; a larger tag is read frame by frame
_TEXT_LIMIT = 256 * 1024  # bytes read of a frame

_UNSYNCED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10  # flags of a tag
_NAME = re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9\0 ]?")
VERSIONS = (2, 3, 4)


class _Frame(NamedTuple):
    name: bytes
    start: int  # of its content
    size: int
    flags: int


def extent(header: bytes) -> int:
    """Return the size of a whole tag from its ten-byte header; 0 if it is no header."""
    if len(header) < HEADER or not header.startswith(b"ID3") or header[3] == 0xFF:
        return 0
    footer = HEADER if header[3] == 4 and header[5] & _FOOTER else 0
    return HEADER + seven(header[6:10]) + footer


def seven(field: bytes) -> int:
    """Decode a syncsafe integer: four bytes of seven bits each."""
    return (field[0] & 127) << 21 | (field[1] & 127) << 14 | (field[2] & 127) << 7 | field[3] & 127


def read(source: Source, start: int, stop: int) -> Block | None:
    """Read the tag at `start`, which ends at `stop` at the latest; return None if there is none.

    Also return None if a tag of more than 64 MB would have to be held in memory whole.
    """
    header = source.read(start, HEADER)
    if not extent(header) or header[3] not in VERSIONS:
        return None
    version, flags = header[3], header[5]
    size = min(seven(header[6:10]), stop - start - HEADER)
    source.allow(size)
    read_at = source.within(start + HEADER, start + HEADER + size)
    if flags & _UNSYNCED and version < 4:
        if size > storage.TAG_LIMIT:
            return None
        decoded = read_at(0, size).replace(b"\xff\0", b"\xff")
        read_at, size = _in(decoded), len(decoded)
    elif size <= _AT_ONCE:
        read_at = _in(read_at(0, size))
    return _Tag(read_at, size, version, flags).block()


class _Tag:
    """Reads one tag."""

    def __init__(self, read_at: ReadAt, size: int, version: int, flags: int) -> None:
        self._at, self._size = read_at, size
        self._version, self._flags = version, flags
        self._storage = Storage(version, unsynced=bool(flags & _UNSYNCED))

    def block(self) -> Block:
        """Read all text and picture frames."""
        block = Block(name=f"ID3v2.{self._version}", dialect="id3")
        for frame in self._frames():
            if block.full:
                break
            name = frames.name(frame.name)
            if name == frames.PICTURE:
                self._add_picture(block, frame)
            elif frames.tells(name) and (data := self._content(frame, _TEXT_LIMIT)):
                frames.add(block, name, data)
        return block

    def _frames(self) -> Iterator[_Frame]:
        """Yield the frames up to the padding or the first malformed one."""
        offset, length = self._first(), 6 if self._version == 2 else 10
        for _ in range(_FRAMES):
            head = self._at(offset, length)
            if len(head) < length or not _NAME.fullmatch(head, 0, 3 if length == 6 else 4):
                return
            size = int.from_bytes(head[3:6]) if length == 6 else self._size_of(head, offset)
            offset += length
            if offset + size > self._size:
                return
            if size:
                flags = 0 if length == 6 else head[9]
                yield _Frame(head[: 3 if length == 6 else 4], offset, size, flags)
            offset += size

    def _first(self) -> int:
        """Return the offset of the first frame, after an extended header if it really exists."""
        if self._version == 2 or not self._flags & _EXTENDED:
            return 0
        head = self._at(0, 4)
        if _NAME.fullmatch(head):
            return 0
        return seven(head) if self._version == 4 else 4 + int.from_bytes(head)

    def _size_of(self, head: bytes, offset: int) -> int:
        """Return the size of a frame; iTunes wrote plain instead of syncsafe sizes into 2.4."""
        plain = int.from_bytes(head[4:8])
        if self._version == 3 or plain < 128:
            return plain
        syncsafe = seven(head[4:8])
        is_plain = self._ends_at(offset, plain) and not self._ends_at(offset, syncsafe)
        return plain if is_plain else syncsafe

    def _ends_at(self, offset: int, size: int) -> bool:
        offset += 10 + size
        following = self._at(offset, 4)
        return offset == self._size or following[:1] == b"\0" or bool(_NAME.fullmatch(following))

    def _add_picture(self, block: Block, frame: _Frame) -> None:
        old = self._version == 2
        if self._storage.is_plain(frame.flags):
            frames.add_picture(block, frame.size, self._within(frame), old)
        elif data := self._content(frame, frame.size):
            frames.add_picture(block, len(data), _in(data), old)

    def _within(self, frame: _Frame) -> ReadAt:
        start, size = frame.start, frame.size
        return lambda offset, count: self._at(start + offset, max(0, min(count, size - offset)))

    def _content(self, frame: _Frame, limit: int) -> bytes:
        """Return the decoded content of a frame; b"" if it is too large."""
        if self._storage.is_plain(frame.flags):
            return self._at(frame.start, min(frame.size, limit))
        if frame.size > self._storage.room:
            return b""
        return self._storage.restored(self._at(frame.start, frame.size), frame.flags)


def _in(data: bytes) -> ReadAt:
    return lambda offset, size: data[offset : offset + size]
