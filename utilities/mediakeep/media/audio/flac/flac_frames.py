"""Parse FLAC frame headers and STREAMINFO, after RFC 9639 (8.2 and 9.1)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

STREAMINFO_SIZE = 34  # bytes
MAX_HEADER_SIZE = 16  # bytes of the longest frame header
FIXED_SYNC, VARIABLE_SYNC = b"\xff\xf8", b"\xff\xf9"  # frame sync: fixed, variable block size

_SYNC = re.compile(rb"\xff[\xf8\xf9]")
_BITS_PER_SAMPLE = {1: 8, 2: 12, 4: 16, 5: 20, 6: 24, 7: 32}


def _crc8_entry(byte: int) -> int:
    for _ in range(8):
        byte = (byte << 1) ^ (0x07 if byte & 0x80 else 0)
    return byte & 0xFF


_CRC8_TABLE = bytes(_crc8_entry(byte) for byte in range(256))


class FlacStreamInfo(NamedTuple):
    """The STREAMINFO block of a FLAC file; block sizes are in samples, frame sizes in bytes.

    A value is 0 if it is unknown.
    """

    block_size: int
    min_frame_size: int
    max_frame_size: int
    sample_rate: int
    channels: int
    bits_per_sample: int
    total_samples: int  # samples


def parse_streaminfo(body: bytes) -> FlacStreamInfo | None:
    """Parse the STREAMINFO block of a FLAC file; return None if it is truncated."""
    if len(body) < STREAMINFO_SIZE:
        return None
    _, block = struct.unpack_from(">HH", body)
    rest = int.from_bytes(body[10:18], "big")
    return FlacStreamInfo(
        block_size=block,
        min_frame_size=int.from_bytes(body[4:7], "big"),
        max_frame_size=int.from_bytes(body[7:10], "big"),
        sample_rate=rest >> 44,
        channels=(rest >> 41 & 7) + 1,
        bits_per_sample=(rest >> 36 & 31) + 1,
        total_samples=rest & (1 << 36) - 1,
    )


def find_frames_backwards(
    tail: bytes, stream: FlacStreamInfo, sync: bytes
) -> Iterator[tuple[int, int]]:
    """Yield the FLAC frames in `tail`, the last bytes of the audio, from the last one to the first.

    Each frame is a tuple: its byte offset in `tail`, and the number of the sample after its last.
    """
    offset = len(tail)
    while (offset := tail.rfind(sync, 0, offset + 1)) >= 0:
        if end := _frame_end_sample(tail[offset : offset + MAX_HEADER_SIZE], stream):
            yield offset, end
        offset -= 1


def find_first_frame(data: bytes, stream: FlacStreamInfo) -> tuple[int, int] | None:
    """Return the byte offset of the first FLAC frame in `data`, and the sample after its last."""
    for match in _SYNC.finditer(data):
        if end := _frame_end_sample(data[match.start() :][:MAX_HEADER_SIZE], stream):
            return match.start(), end
    return None


def _frame_end_sample(head: bytes, stream: FlacStreamInfo) -> int:
    """Return the number of the sample after a FLAC frame, or 0 for an invalid header (9.1).

    A frame that does not belong to the stream counts as invalid.
    """
    if len(head) < 6 or not _matches_stream(head, stream):
        return 0
    number, offset = _decode_number(head)
    code = head[2] >> 4
    size, offset = _decode_block_size(head, code, offset)
    offset += {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    crc = 0
    for byte in head[:offset]:
        crc = _CRC8_TABLE[crc ^ byte]
    if not size or offset >= len(head) or head[offset] != crc:
        return 0
    return number + size if head[1] & 1 else number * stream.block_size + size


def _matches_stream(head: bytes, stream: FlacStreamInfo) -> bool:
    """Return True if a FLAC frame has the channels and bits per sample of the stream."""
    channels, bits = head[3] >> 4, head[3] >> 1 & 7
    return (
        head[2] & 15 != 15
        and not head[3] & 1
        and (channels + 1 if channels < 8 else 2) == stream.channels
        and channels < 11
        and (not bits or _BITS_PER_SAMPLE.get(bits) == stream.bits_per_sample)
    )


def _decode_number(head: bytes) -> tuple[int, int]:
    """Decode the frame or sample number in a FLAC frame header, which is coded like UTF-8.

    Return the number and the offset after it.
    """
    first = head[4]
    extra_bytes = 0
    while first << extra_bytes & 0x80:
        extra_bytes += 1
    number = first & 0x7F >> extra_bytes
    for byte in head[5 : 4 + extra_bytes]:
        number = number << 6 | byte & 0x3F
    return number, 4 + max(1, extra_bytes)


def _decode_block_size(head: bytes, code: int, offset: int) -> tuple[int, int]:
    if code == 6:
        return head[offset] + 1, offset + 1
    if code == 7:
        return int.from_bytes(head[offset : offset + 2], "big") + 1, offset + 2
    if code < 6:
        return (0, 192, 576, 1152, 2304, 4608)[code], offset
    return 256 << code - 8, offset
