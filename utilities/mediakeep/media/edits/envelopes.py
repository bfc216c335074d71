"""What stands around the content of an ID3v2 frame: its flags, and the bytes that they announce.

After id3.org's 2.3.0 (3.3.1) and 2.4.0 (4.1), which know the same of a frame in other places. Most
frames have none of it.
"""

from __future__ import annotations

from typing import NamedTuple

from mediakeep.media.audio.id3 import id3v2
from mediakeep.media.edits.id3 import LARGEST, Frame, Tag, sevens

# When to discard a frame, and whether it is only read: three bits, which begin one lower in 2.4.
_STATUS = {3: 13, 4: 12}


class Flags(NamedTuple):
    """The bits that tell how a version stores the content of a frame."""

    grouped: int
    encrypted: int
    compressed: int
    unsynced: int
    sized: int


_FLAGS = {3: Flags(0x20, 0x40, 0x80, 0, 0), 4: Flags(0x40, 0x04, 0x08, 0x02, 0x01)}


class Envelope(NamedTuple):
    """A frame that is open: what its flags tell, and the bytes that are left."""

    status: int
    group: bytes  # one byte, or none
    method: bytes  # of its encryption, likewise
    size: int  # of a compressed content
    compressed: bool
    data: bytes

    @property
    def sealed(self) -> bool:
        """Whether the bytes that are left are not the content itself."""
        return self.compressed or bool(self.method)


def opened(tag: Tag, frame: Frame) -> Envelope:
    """Take a frame of 2.3 or 2.4 out of what stands around its content."""
    known = _FLAGS[tag.version]
    flags, data = int.from_bytes(frame.raw[8:10]), frame.raw[10:]
    sized = 4 * bool(flags & (known.compressed | known.sized))
    size, group, method = b"", b"", b""
    if tag.version == 3:
        size, data = data[:sized], data[sized:]
        method, data = _cut(data, flags & known.encrypted)
        group, data = _cut(data, flags & known.grouped)
    else:
        group, data = _cut(data, flags & known.grouped)
        method, data = _cut(data, flags & known.encrypted)
        size, data = data[:sized], data[sized:]
        if tag.unsynced or flags & known.unsynced:
            data = data.replace(b"\xff\0", b"\xff")
    held = (
        int.from_bytes(size) if tag.version == 3 or len(size) < 4 else id3v2.decode_syncsafe(size)
    )
    status = flags >> _STATUS[tag.version] & 7
    return Envelope(status, group, method, held, bool(flags & known.compressed), data)


def frame(version: int, name: str, held: Envelope) -> Frame:
    """Make a frame for a tag of 2.3 or 2.4 that is not unsynchronised."""
    known = _FLAGS[version]
    flags = held.status << _STATUS[version]
    flags |= known.grouped * bool(held.group) | known.encrypted * bool(held.method)
    if version == 3:
        size = held.size.to_bytes(4) if held.compressed else b""
        content = size + held.method + held.group + held.data
    else:
        # One that 2.4 could not tell is not true: nobody could have unfolded so much.
        size = sevens(min(held.size, LARGEST)) if held.compressed else b""
        content = held.group + held.method + size + held.data
        flags |= known.sized * held.compressed
    flags |= known.compressed * held.compressed
    return Tag(version).frame(name, content, flags)


def _cut(data: bytes, flag: int) -> tuple[bytes, bytes]:
    return (data[:1], data[1:]) if flag else (b"", data)
