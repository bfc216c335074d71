"""Takes of a sound: each sounds exactly like the seed, yet has audio bytes of its own.

A take's number is put into the audio where the format has room that no decoder listens to:

    MP3     the private bit in the header of each frame (ISO/IEC 11172-3, 2.4.2.3)
    FLAC    the header of each frame, which may write out the size of its block (RFC 9639, 9.1.1
            and 9.1.6); as there are no more than 14, takes repeat after 16,384
    M4A     a data stream element at the start of the last block (ISO/IEC 14496-3, 4.4.2.7)
    Ogg     bytes behind the end of the last packet, where encoders that hold a bit rate put zeros
    Opus    the padding of the last packet (RFC 6716, 3.2.5)

All sums and sizes in the file are put right, so that no tool finds fault with a take.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO

from mutagen.ogg import OggPage

from mediakeep.rehearsal import frames

_ROOM = 8  # bytes of a number, where there is room for bytes

_FLAC_BLOCKS = {2: 576, 9: 512}  # samples, by their number in the header


def take(sound: bytes, suffix: str, number: int) -> bytes:
    """Return one take of a sound that has no tags; take 0 is the sound as it is."""
    return _TAKES[suffix](sound, number) if number else sound


def _mp3(sound: bytes, number: int) -> bytes:
    """The first frame is no sound, so it stays as it is but for its sums."""
    data = bytearray(sound)
    for place, start in enumerate(frames.mp3(sound)[1:]):
        data[start + 2] |= number >> place & 1
    return frames.summed_mp3(data)


def _flac(sound: bytes, number: int) -> bytes:
    blocks, *found = frames.flac(sound)
    taken = [
        _flac_frame(frame) if number >> place & 1 else frame for place, frame in enumerate(found)
    ]
    return frames.told_flac(blocks, taken)


@cache
def _flac_frame(frame: bytes) -> bytes:
    """Write out a size of the block that so far is a number in a table."""
    size = _FLAC_BLOCKS[frame[2] >> 4]
    header = frame[:2] + bytes((0x70 | frame[2] & 0x0F,)) + frame[3:5] + struct.pack(">H", size - 1)
    return frames.summed_flac(header, frame[6:-2])


def _m4a(sound: bytes, number: int) -> bytes:
    """The element: its kind in three bits, five of zero, its size, and the bytes themselves."""
    element = struct.pack(">BBQ", 0b100 << 5, _ROOM, number)
    sizes, chunks, media = (sound.index(name) for name in (b"stsz", b"stco", b"mdat"))
    (count,) = struct.unpack_from(">I", sound, sizes + 12)
    blocks = struct.unpack_from(f">{count}I", sound, sizes + 16)
    (start,) = struct.unpack_from(">I", sound, chunks + 12)  # of the one chunk that all lie in
    last = start + sum(blocks[:-1])
    data = bytearray(sound)
    struct.pack_into(">I", data, sizes + 12 + 4 * count, blocks[-1] + len(element))
    (length,) = struct.unpack_from(">I", sound, media - 4)
    struct.pack_into(">I", data, media - 4, length + len(element))
    data[last:last] = element
    return bytes(data)


def _ogg(sound: bytes, number: int) -> bytes:
    return _with_last_packet(sound, lambda packet: packet + number.to_bytes(_ROOM))


def _opus(sound: bytes, number: int) -> bytes:
    """A packet of one frame becomes one of any number, of which there is one, and of padding."""

    def padded(packet: bytes) -> bytes:
        any_number, one_with_padding = packet[0] | 0b11, 0b0100_0001
        begin = bytes((any_number, one_with_padding, _ROOM))
        return begin + packet[1:] + number.to_bytes(_ROOM)

    return _with_last_packet(sound, padded)


def _with_last_packet(sound: bytes, change: Callable[[bytes], bytes]) -> bytes:
    file, pages = BytesIO(sound), []
    while file.tell() < len(sound):
        pages.append(OggPage(file))
    packets = pages[-1].packets
    pages[-1].packets = [*packets[:-1], change(packets[-1])]
    return b"".join(page.write() for page in pages)


_TAKES: Mapping[str, Callable[[bytes, int], bytes]] = {
    ".mp3": _mp3,
    ".flac": _flac,
    ".m4a": _m4a,
    ".ogg": _ogg,
    ".opus": _opus,
}
