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

import re
import struct
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from itertools import pairwise

from mutagen.ogg import OggPage

_ROOM = 8  # bytes of a number, where there is room for bytes

_MP3_RATES = {  # kilobits a second of layer III, by the version: MPEG 1, MPEG 2
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_HERTZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000)}
_MP3_SUMS = 152  # of the audio, then of all before, in bytes behind the mark of the Xing header

_FLAC_SIZES = 12  # of the smallest and the largest frame, in bytes from the start of the file
_FLAC_BLOCKS = {2: 576, 9: 512}  # samples, by their number in the header

_POLYNOMIALS = {8: 0x07, 16: 0x8005}  # of FLAC; LAME has the longer one, with bits turned round
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def take(sound: bytes, suffix: str, number: int) -> bytes:
    """Return one take of a sound that has no tags; take 0 is the sound as it is."""
    return _TAKES[suffix](sound, number) if number else sound


def _mp3(sound: bytes, number: int) -> bytes:
    """The first frame is no sound: it has a sum of the others, and one of itself."""
    data, frames = bytearray(sound), _mp3_frames(sound)[1:]
    for place, start in enumerate(frames):
        data[start + 2] |= number >> place & 1
    sums = max(sound.find(b"Xing"), sound.find(b"Info")) + _MP3_SUMS
    struct.pack_into(">H", data, sums, _lame_sum(data[frames[0] :]))
    struct.pack_into(">H", data, sums + 2, _lame_sum(data[: sums + 2]))
    return bytes(data)


@cache
def _mp3_frames(sound: bytes) -> list[int]:
    found, place = [], 0
    while place < len(sound):
        found.append(place)
        version, field = sound[place + 1] >> 3 & 3, sound[place + 2]
        bits = 1000 * _MP3_RATES[version][field >> 4] * (144 if version == 3 else 72)
        place += bits // _MP3_HERTZ[version][field >> 2 & 3] + (field >> 1 & 1)
    return found


def _flac(sound: bytes, number: int) -> bytes:
    """STREAMINFO, the first of the blocks before the frames, tells the size of the largest."""
    blocks, *frames = _flac_parts(sound)
    taken = [
        _flac_frame(frame) if number >> place & 1 else frame for place, frame in enumerate(frames)
    ]
    sizes = [len(frame) for frame in taken]
    told = min(sizes).to_bytes(3) + max(sizes).to_bytes(3)
    return blocks[:_FLAC_SIZES] + told + blocks[_FLAC_SIZES + len(told) :] + b"".join(taken)


@cache
def _flac_parts(sound: bytes) -> list[bytes]:
    """Split where a frame begins: with five bytes of header, and the sum of these."""
    starts = [found.start() for found in re.finditer(b"\xff\xf8", sound)]
    starts = [one for one in starts if _sum(sound[one : one + 5], 8) == sound[one + 5]]
    return [sound[start:end] for start, end in pairwise([0, *starts, len(sound)])]


@cache
def _flac_frame(frame: bytes) -> bytes:
    """Write out a size of the block that so far is a number in a table."""
    size = _FLAC_BLOCKS[frame[2] >> 4]
    header = frame[:2] + bytes((0x70 | frame[2] & 0x0F,)) + frame[3:5] + struct.pack(">H", size - 1)
    whole = header + bytes((_sum(header, 8),)) + frame[6:-2]
    return whole + struct.pack(">H", _sum(whole, 16))


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


def _lame_sum(data: bytes | bytearray) -> int:
    turned = _sum(data.translate(_TURNED), 16)
    return int(f"{turned:016b}"[::-1], 2)


def _sum(data: bytes | bytearray, bits: int) -> int:
    """Return a cyclic redundancy check, the highest bit first, beginning with 0."""
    table, value, last = _sums(bits), 0, (1 << bits) - 1
    for byte in data:
        value = value << 8 & last ^ table[value >> bits - 8 ^ byte]
    return value


@cache
def _sums(bits: int) -> list[int]:
    """Return the check of each single byte."""
    found, top, last = [], 1 << bits - 1, (1 << bits) - 1
    for byte in range(256):
        value = byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ (_POLYNOMIALS[bits] if value & top else 0)) & last
        found.append(value)
    return found


_TAKES: Mapping[str, Callable[[bytes, int], bytes]] = {
    ".mp3": _mp3,
    ".flac": _flac,
    ".m4a": _m4a,
    ".ogg": _ogg,
    ".opus": _opus,
}
