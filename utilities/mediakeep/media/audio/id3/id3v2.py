"""Read ID3v2 tags, after id3.org's 2.2, 2.3.0 and 2.4.0, and as taggers write them.

A tag is read frame by frame; of a picture only the header is read. Decompression is limited per
frame and per tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.audio.id3 import frame_encoding, frames
from mediakeep.media.audio.id3.frame_encoding import FrameDecoder
from mediakeep.media.audio.parsed_file import TagBlock
from mediakeep.media.bounded_file import BoundedFile, ReadAt

HEADER_SIZE = 10
_MAX_FRAMES = 20_000
_WHOLE_READ_SIZE = 16 * 1024  # bytes; a larger tag is read frame by frame
_MAX_TEXT_SIZE = 256 * 1024  # bytes read of a frame

_UNSYNCHRONISED_FLAG, _EXTENDED_HEADER_FLAG, _FOOTER_FLAG = 0x80, 0x40, 0x10  # flags of a tag
_FRAME_NAME = re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9\0 ]?")
SUPPORTED_VERSIONS = (2, 3, 4)


class _FrameHeader(NamedTuple):
    name: bytes
    start: int  # of its content
    size: int
    flags: int


def parse_tag_size(header: bytes) -> int:
    """Return the size of a whole ID3v2 tag in bytes, or 0 if the ten-byte header is invalid."""
    if len(header) < HEADER_SIZE or not header.startswith(b"ID3") or header[3] == 0xFF:
        return 0
    footer = HEADER_SIZE if header[3] == 4 and header[5] & _FOOTER_FLAG else 0
    return HEADER_SIZE + decode_syncsafe(header[6:10]) + footer


def decode_syncsafe(field: bytes) -> int:
    """Decode a syncsafe integer: four bytes of seven bits each."""
    return (field[0] & 127) << 21 | (field[1] & 127) << 14 | (field[2] & 127) << 7 | field[3] & 127


def read_tag(source: BoundedFile, start: int, stop: int) -> TagBlock | None:
    """Read the ID3v2 tag at `start`, which ends at `stop` at the latest, or return None.

    None means that there is no tag, or that a tag of more than 64 MB would have to be held in
    memory as a whole.
    """
    header = source.read(start, HEADER_SIZE)
    if not parse_tag_size(header) or header[3] not in SUPPORTED_VERSIONS:
        return None
    version, flags = header[3], header[5]
    size = min(decode_syncsafe(header[6:10]), stop - start - HEADER_SIZE)
    source.allow_tag_bytes(size)
    read_at = source.make_part_reader(start + HEADER_SIZE, start + HEADER_SIZE + size)
    if flags & _UNSYNCHRONISED_FLAG and version < 4:
        if size > frame_encoding.MAX_TAG_SIZE:
            return None
        decoded = frame_encoding.remove_unsynchronisation(read_at(0, size))
        read_at, size = _bytes_reader(decoded), len(decoded)
    elif size <= _WHOLE_READ_SIZE:
        read_at = _bytes_reader(read_at(0, size))
    return _TagReader(read_at, size, version, flags).read_block()


class _TagReader:
    """Reads the frames of one ID3v2 tag."""

    def __init__(self, read_at: ReadAt, size: int, version: int, flags: int) -> None:
        self._read_at, self._size = read_at, size
        self._version, self._flags = version, flags
        self._frame_decoder = FrameDecoder(version, unsynced=bool(flags & _UNSYNCHRONISED_FLAG))

    def read_block(self) -> TagBlock:
        """Read all text and picture frames of the tag."""
        block = TagBlock(name=f"ID3v2.{self._version}", tag_format="id3")
        for frame in self._walk_frames():
            if block.is_full:
                break
            name = frames.normalize_frame_name(frame.name)
            if name == frames.PICTURE_FRAME:
                self._add_picture(block, frame)
            elif frames.is_text_frame(name) and (
                data := self._frame_content(frame, _MAX_TEXT_SIZE)
            ):
                frames.add_text_frame(block, name, data)
        return block

    def _walk_frames(self) -> Iterator[_FrameHeader]:
        """Yield the frames up to the padding or the first malformed one."""
        offset, length = self._first_frame_offset(), 6 if self._version == 2 else 10
        for _ in range(_MAX_FRAMES):
            head = self._read_at(offset, length)
            if len(head) < length or not _FRAME_NAME.fullmatch(head, 0, 3 if length == 6 else 4):
                return
            size = int.from_bytes(head[3:6]) if length == 6 else self._frame_size(head, offset)
            offset += length
            if offset + size > self._size:
                return
            if size:
                flags = 0 if length == 6 else head[9]
                yield _FrameHeader(head[: 3 if length == 6 else 4], offset, size, flags)
            offset += size

    def _first_frame_offset(self) -> int:
        """Return the offset of the first frame, after the extended header if there is one.

        The flag of an extended header may be set by mistake.
        """
        if self._version == 2 or not self._flags & _EXTENDED_HEADER_FLAG:
            return 0
        head = self._read_at(0, 4)
        if _FRAME_NAME.fullmatch(head):
            return 0
        return decode_syncsafe(head) if self._version == 4 else 4 + int.from_bytes(head)

    def _frame_size(self, head: bytes, offset: int) -> int:
        """Return the size of a frame in bytes.

        ID3v2.4 stores it as a syncsafe integer, but iTunes wrote plain integers.
        """
        plain = int.from_bytes(head[4:8])
        if self._version == 3 or plain < 128:
            return plain
        syncsafe = decode_syncsafe(head[4:8])
        is_plain = self._frame_ends_at(offset, plain) and not self._frame_ends_at(offset, syncsafe)
        return plain if is_plain else syncsafe

    def _frame_ends_at(self, offset: int, size: int) -> bool:
        offset += 10 + size
        following = self._read_at(offset, 4)
        return (
            offset == self._size or following[:1] == b"\0" or bool(_FRAME_NAME.fullmatch(following))
        )

    def _add_picture(self, block: TagBlock, frame: _FrameHeader) -> None:
        old = self._version == 2
        if self._frame_decoder.is_plain(frame.flags):
            frames.add_picture_frame(block, frame.size, self._frame_reader(frame), old)
        elif data := self._frame_content(frame, frame.size):
            frames.add_picture_frame(block, len(data), _bytes_reader(data), old)

    def _frame_reader(self, frame: _FrameHeader) -> ReadAt:
        start, size = frame.start, frame.size
        return lambda offset, count: self._read_at(
            start + offset, max(0, min(count, size - offset))
        )

    def _frame_content(self, frame: _FrameHeader, limit: int) -> bytes:
        """Return the decoded content of a frame, or b"" if it is larger than `limit` bytes."""
        if self._frame_decoder.is_plain(frame.flags):
            return self._read_at(frame.start, min(frame.size, limit))
        if frame.size > self._frame_decoder.max_frame_size:
            return b""
        return self._frame_decoder.decode(self._read_at(frame.start, frame.size), frame.flags)


def _bytes_reader(data: bytes) -> ReadAt:
    return lambda offset, size: data[offset : offset + size]
