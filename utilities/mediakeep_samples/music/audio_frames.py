"""Parse and build MP3 and FLAC frames with their checksums."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

_MP3_RATES = {  # kbit/s of layer III by version: MPEG 1, MPEG 2
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_SAMPLE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000)}
_MP3_SAMPLES = {3: 1152, 2: 576}
_LAME_CHECKSUM_OFFSET = (
    152  # offset from the Xing mark: checksum of the audio, then of everything before it
)

_FLAC_EXPLICIT_SIZE = 7  # value for an explicit size instead of a table index
_FLAC_SIZES = 12  # file offset of the smallest and largest frame size

_POLYNOMIALS = {8: 0x07, 16: 0x8005}  # of FLAC; LAME uses the longer one with reversed bits
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def find_mp3_frames(audio: bytes) -> list[int]:
    """Return the offsets of the frames of a file without tags."""
    offsets, place = [], 0
    while place < len(audio):
        offsets.append(place)
        place += mp3_frame_size(audio[place : place + 4])
    return offsets


def mp3_frame_size(header: bytes) -> int:
    """Return the size of a frame in bytes (ISO/IEC 11172-3, 2.4.2.3 and 2.4.3.1)."""
    version, field = header[1] >> 3 & 3, header[2]
    bits = 1000 * _MP3_RATES[version][field >> 4] * _MP3_SAMPLES[version] // 8
    return bits // _MP3_SAMPLE_RATES[version][field >> 2 & 3] + (field >> 1 & 1)


def mp3_frame_seconds(header: bytes) -> float:
    """Return the duration of a frame in seconds."""
    version = header[1] >> 3 & 3
    return _MP3_SAMPLES[version] / _MP3_SAMPLE_RATES[version][header[2] >> 2 & 3]


def find_xing_header(audio: bytes | bytearray) -> int:
    """Return the offset of the Xing header, named Info for a constant bit rate."""
    return max(audio.find(b"Xing"), audio.find(b"Info"))


def update_mp3_checksums(audio: bytearray) -> bytes:
    """Update the checksums in LAME's header: that of the other frames, then its own."""
    sums, first = find_xing_header(audio) + _LAME_CHECKSUM_OFFSET, mp3_frame_size(bytes(audio[:4]))
    struct.pack_into(">H", audio, sums, _lame_checksum(audio[first:]))
    struct.pack_into(">H", audio, sums + 2, _lame_checksum(audio[: sums + 2]))
    return bytes(audio)


def split_flac(audio: bytes) -> list[bytes]:
    """Return the metadata blocks, and then each frame, found by its header and checksum."""
    starts = [match.start() for match in re.finditer(b"\xff\xf8", audio)]
    starts = [start for start in starts if _has_valid_checksum(audio[start : start + 8])]
    return [audio[start:end] for start, end in pairwise([0, *starts, len(audio)])]


def flac_header_size(frame: bytes) -> int:
    """Return the size of a header without its checksum; the block size may be explicit."""
    return 7 if frame[2] >> 4 == _FLAC_EXPLICIT_SIZE else 5


def build_flac_frame(header: bytes, content: bytes) -> bytes:
    """Build a frame with its two checksums (RFC 9639, 9.1.8 and 9.3)."""
    whole = header + bytes((_crc8(header),)) + content
    return whole + struct.pack(">H", _crc16(whole))


def build_flac_file(blocks: bytes, frames: Sequence[bytes]) -> bytes:
    """Build a file; update the frame sizes in STREAMINFO, the first metadata block."""
    sizes = [len(frame) for frame in frames]
    frame_sizes = min(sizes).to_bytes(3) + max(sizes).to_bytes(3)
    return (
        blocks[:_FLAC_SIZES]
        + frame_sizes
        + blocks[_FLAC_SIZES + len(frame_sizes) :]
        + b"".join(frames)
    )


def _has_valid_checksum(start: bytes) -> bool:
    size = flac_header_size(start) if len(start) == 8 else 0
    return size > 0 and _crc8(start[:size]) == start[size]


def _lame_checksum(data: bytes | bytearray) -> int:
    turned = _crc16(data.translate(_REVERSED_BITS))
    return int(f"{turned:016b}"[::-1], 2)


def _crc8(data: bytes) -> int:
    """Return the 8-bit CRC, most significant bit first, with initial value 0."""
    table, value = _crc_table(8), 0
    for byte in data:
        value = table[value ^ byte]
    return value


def _crc16(data: bytes | bytearray) -> int:
    """Return the 16-bit CRC, two bytes at a time; a leading zero does not change it."""
    even, table, value = b"\0" * (len(data) % 2) + data, _crc16_pairs(), 0
    for pair in struct.unpack(f">{len(even) // 2}H", even):
        value = table[value ^ pair]
    return value


@cache
def _crc16_pairs() -> list[int]:
    """Return the CRC of every pair of bytes."""
    table = _crc_table(16)
    return [
        first << 8 & 0xFFFF ^ table[first >> 8 ^ second] for first in table for second in range(256)
    ]


@cache
def _crc_table(bits: int) -> list[int]:
    """Return the CRC of every byte."""
    table, top, last = [], 1 << bits - 1, (1 << bits) - 1
    for byte in range(256):
        value = byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ (_POLYNOMIALS[bits] if value & top else 0)) & last
        table.append(value)
    return table
