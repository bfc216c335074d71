"""Write the exact gapless data into the Info header of an MP3.

FFmpeg's muxer writes a padding that is up to 46 samples too small for some lengths, and no delay at
all for packets of another encoder. The layout is that of the LAME project's "Mp3 Info Tag revision
1"; positions count from the encoder's name.
"""

from __future__ import annotations

import os
from io import FileIO

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.mp3 import mpeg_frames, xing
from mediakeep.media.bounded_file import BoundedFile

LAME_DELAY = 576  # samples that LAME adds before the audio (lame_get_encoder_delay)
_NAME = b"LAME3.100"
_VBR_METHOD_OFFSET, _VBR_MTRH = 9, 4  # revision 0, LAME's VBR of today
_DELAYS_OFFSET, _CRC_OFFSET = 21, 34
_MAX_DELAY = 0xFFF  # samples; twelve bits


def write_gapless_data(file: FileIO, samples: int, delay: int = LAME_DELAY) -> None:
    """Write delay and padding for a number of samples into the Info header of an open MP3.

    Raises ValueError if there is no Info header, or too few frames for the samples.
    """
    source = BoundedFile(file.fileno(), os.fstat(file.fileno()).st_size)
    start = surrounding_tags.find_audio_start(source)
    frame = bytearray(source.read(start, xing.HEADER_SIZE))
    parsed = mpeg_frames.parse_frame_header(bytes(frame[:4]))
    header = xing.parse_header(bytes(frame)) if parsed else None
    name = xing.find_encoder_name(bytes(frame)) if header else 0
    if parsed is None or header is None or not name:
        raise ValueError("the encoder wrote no Info header")
    padding = header.frame_count * parsed.samples - delay - samples
    if not 0 <= padding <= _MAX_DELAY:
        raise ValueError(f"{header.frame_count:,} frames do not fit {samples:,} samples")
    frame[name : name + len(_NAME)] = _NAME
    if not header.is_constant_bitrate:
        frame[name + _VBR_METHOD_OFFSET] = _VBR_MTRH
    at = name + _DELAYS_OFFSET
    frame[at : at + 3] = (delay << 12 | padding).to_bytes(3)
    end = name + _CRC_OFFSET
    frame[end : end + 2] = compute_crc16(bytes(frame[:end])).to_bytes(2)
    os.pwrite(file.fileno(), frame[: end + 2], start)


def compute_crc16(data: bytes) -> int:
    """Return the CRC-16 of the Info header: polynomial 0x8005, reflected, initially 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
