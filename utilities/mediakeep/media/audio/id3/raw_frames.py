"""Split ID3v2 tags into frames without decoding them, after id3.org's 2.2, 2.3.0 and 2.4.0.

For writers, which have to keep the frames that are not to be changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from mediakeep.media.audio.id3 import frame_encoding, frames, id3v2
from mediakeep.media.audio.id3.frame_encoding import FrameDecoder
from mediakeep.media.audio.parsed_file import TagBlock
from mediakeep.media.bounded_file import InMemoryFile

MAX_TAG_SIZE = (1 << 28) - 1  # bytes; the size is stored in four bytes of seven bits
FRAME_HEADER_SIZE = 10  # bytes, in 2.3 and 2.4

_TAG_HEADER_SIZE = 10
_MAX_FRAMES = 20_000
_UNSYNCED, _EXTENDED = 0x80, 0x40
_FRAME_UNSYNCED = 0x02
_NAME = re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9\0 ]?")


@dataclass(frozen=True)
class RawFrame:
    """A frame with its header, as it is stored in a tag whose unsynchronisation is removed."""

    name: str  # as in 2.3 and later
    raw: bytes
    offset: int = 0  # in the tag

    @property
    def flags(self) -> int:
        """The flags of a frame of 2.3 or 2.4."""
        return int.from_bytes(self.raw[8:10])

    @property
    def content(self) -> bytes:
        """The bytes after the header of a frame of 2.3 or 2.4."""
        return self.raw[FRAME_HEADER_SIZE:]


@dataclass(frozen=True)
class RawTag:
    """A tag that is split into frames.

    `rest` are the bytes after the last frame that are neither a frame nor padding, `size` is the
    size of the whole tag as it is stored, both in bytes.
    """

    version: int
    frames: tuple[RawFrame, ...] = ()
    unsynced: bool = False
    rest: bytes = b""
    size: int = 0
    padding: int = 0

    @property
    def is_truncated(self) -> bool:
        """True if the last frame exceeds the tag."""
        return bool(_NAME.fullmatch(self.rest[:4]))

    def read_frame(self, frame: RawFrame) -> TagBlock:
        """Read the texts and pictures of one frame."""
        return read_frames([frame], self.version, unsynced=self.unsynced)

    def read(self) -> TagBlock:
        """Read all texts and pictures of the tag."""
        return read_frames(self.frames, self.version, unsynced=self.unsynced)

    def iter_without_unsynchronisation(self) -> Iterator[RawFrame]:
        """Yield the frames without unsynchronisation and with correct sizes.

        Frames without content are left out: TagLib reads none of the frames after them.
        """
        for frame in self.frames:
            if self.version == 2:
                yield frame
            elif content := frame.content:
                flags = frame.flags
                if self.version == 4 and (self.unsynced or flags & _FRAME_UNSYNCED):
                    content = frame_encoding.remove_unsynchronisation(content)
                    flags &= ~_FRAME_UNSYNCED
                yield build_frame(frame.raw[:4], content, flags, self.version)

    def decode(self, frame: RawFrame) -> bytes:
        """Return the content of a frame, or b"" if it is encrypted or malformed."""
        if self.version == 2:
            return frame.raw[6:]
        return FrameDecoder(self.version, unsynced=self.unsynced).decode(
            frame.content, frame.raw[9]
        )


def parse_tag(data: bytes) -> RawTag | None:
    """Split a tag into frames; return None if its version is unknown.

    Raises ValueError if it has more frames than any program writes.
    """
    version, flags = data[3], data[5]
    if version not in id3v2.SUPPORTED_VERSIONS:
        return None
    body = data[_TAG_HEADER_SIZE : _TAG_HEADER_SIZE + id3v2.decode_syncsafe(data[6:10])]
    unsynced = bool(flags & _UNSYNCED)
    if unsynced and version < 4:
        body = frame_encoding.remove_unsynchronisation(body)
    at = _first_frame_offset(body, version, flags)
    found = list(islice(iter_frames(body, version, at), _MAX_FRAMES + 1))
    if len(found) > _MAX_FRAMES:
        raise ValueError("too many frames")
    if found:
        at = found[-1].offset + len(found[-1].raw)
    rest = body[at:]
    is_padding = not rest.strip(b"\0")
    return RawTag(
        version,
        tuple(replace(frame, offset=frame.offset + _TAG_HEADER_SIZE) for frame in found),
        unsynced,
        b"" if is_padding else rest,
        len(data),
        len(rest) if is_padding else 0,
    )


def build_tag(body: bytes, version: int, flags: int = 0) -> bytes:
    """Put the header of a tag in front of its frames; raise OverflowError if it is too large."""
    return b"ID3" + bytes((version, 0, flags)) + encode_syncsafe(len(body)) + body


def build_frame(name: bytes, content: bytes, flags: int, version: int) -> RawFrame:
    """Build a frame of 2.3 or 2.4 from its stored content; raise OverflowError if too large."""
    size = encode_syncsafe(len(content)) if version == 4 else len(content).to_bytes(4)
    return RawFrame(frames.normalize_frame_name(name), name + size + flags.to_bytes(2) + content)


def read_frames(found: Sequence[RawFrame], version: int, *, unsynced: bool = False) -> TagBlock:
    """Read the texts and pictures of frames."""
    flags = _UNSYNCED if unsynced and version == 4 else 0
    data = build_tag(b"".join(frame.raw for frame in found), version, flags)
    block = id3v2.read_tag(InMemoryFile(data), 0, len(data))
    return block or TagBlock(name="", tag_format="id3")


def iter_frames(body: bytes, version: int, at: int = 0) -> Iterator[RawFrame]:
    """Yield the frames from an offset on, up to the padding or the first malformed one."""
    length = 6 if version == 2 else FRAME_HEADER_SIZE
    while (head := body[at : at + length]) and len(head) == length:
        name = head[: 3 if version == 2 else 4]
        if not _NAME.fullmatch(name):
            return
        end = at + length + _frame_size(body, at, version)
        if end > len(body):
            return
        yield RawFrame(frames.normalize_frame_name(name), body[at:end], at)
        at = end


def frame_name(raw: bytes) -> str:
    """Return the name in the header of a frame of 2.3 or 2.4."""
    return frames.normalize_frame_name(raw[:4])


def encode_syncsafe(number: int) -> bytes:
    """Encode a number as a syncsafe integer; raise OverflowError if it is too large."""
    if number > MAX_TAG_SIZE:
        raise OverflowError
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def _first_frame_offset(body: bytes, version: int, flags: int) -> int:
    """Return the offset after the extended header, which is not kept: its checksum changes."""
    if version == 2 or not flags & _EXTENDED or _NAME.fullmatch(body[:4]) or len(body) < 4:
        return 0
    return id3v2.decode_syncsafe(body) if version == 4 else 4 + int.from_bytes(body[:4])


def _frame_size(body: bytes, at: int, version: int) -> int:
    """Return the size of a frame's content; iTunes wrote that of 2.4 as a plain number."""
    if version == 2:
        return int.from_bytes(body[at + 3 : at + 6])
    stored = body[at + 4 : at + 8]
    plain = int.from_bytes(stored)
    if version == 3 or plain < 128:
        return plain
    syncsafe = id3v2.decode_syncsafe(stored)
    if plain & 0x80808080 or (_ends_at(body, at + plain) and not _ends_at(body, at + syncsafe)):
        return plain
    return syncsafe


def _ends_at(body: bytes, at: int) -> bool:
    after = body[at + 10 : at + 14]
    return at + 10 == len(body) or after[:1] == b"\0" or bool(_NAME.fullmatch(after))
