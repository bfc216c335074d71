"""Parse frame headers of MPEG audio (ISO/IEC 11172-3, 13818-3) and ADTS (14496-3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

_LAYERS = {1: 3, 2: 2, 3: 1}  # header bits -> layer
_VERSIONS = {0: 2.5, 2: 2, 3: 1}
_BITRATES_KBPS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = (44_100, 48_000, 32_000)
_ADTS_SAMPLE_RATES = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000),
    *(22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
_XING_OFFSETS = {(True, False): 36, (True, True): 21, (False, False): 21, (False, True): 13}
_VBRI_OFFSET = 36


class FrameHeader(NamedTuple):
    """The header of an audio frame: the frame's size in bytes and its duration in seconds.

    `signature` is equal for all frames of a stream.
    """

    size: int
    seconds: float
    signature: tuple[float, int, int]  # version, layer, sampling rate


class FrameFormat(NamedTuple):
    """How to find, parse and decode one type of audio frame, such as MP3.

    `sync` matches the bytes with which each frame begins.
    """

    sync: re.Pattern[bytes]
    parse_header: Callable[[bytes], FrameHeader | None]  # given 7 bytes; None if invalid
    decoder_name: str


HEADER_SIZE = 7  # bytes of the longer header


def parse_mpeg_header(head: bytes) -> FrameHeader | None:
    """Parse the header of an MPEG audio frame.

    Return None if it is invalid or has a free bitrate.
    """
    return _parse_mpeg_header(head[:4])


@lru_cache(4096)
def _parse_mpeg_header(head: bytes) -> FrameHeader | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] < 0xE0:
        return None
    version, layer = _VERSIONS.get(head[1] >> 3 & 3), _LAYERS.get(head[1] >> 1 & 3)
    bitrate_index, rate_index, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if not version or not layer or bitrate_index in (0, 15) or rate_index == 3:
        return None
    hertz = int(_SAMPLE_RATES[rate_index] / {1: 1, 2: 2, 2.5: 4}[version])
    kbits = _BITRATES_KBPS[1 if version == 1 else 2, layer][bitrate_index - 1]
    kind = version, layer, hertz
    if layer == 1:
        return FrameHeader((12_000 * kbits // hertz + padding) * 4, 384 / hertz, kind)
    samples = 576 if layer == 3 and version != 1 else 1152
    return FrameHeader(samples * 125 * kbits // hertz + padding, samples / hertz, kind)


def parse_adts_header(head: bytes) -> FrameHeader | None:
    """Parse the header of an ADTS (AAC) frame; return None if it is invalid."""
    if len(head) < HEADER_SIZE or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    rate, size = head[2] >> 2 & 15, (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if rate >= len(_ADTS_SAMPLE_RATES) or size < HEADER_SIZE:
        return None
    hertz = _ADTS_SAMPLE_RATES[rate]
    return FrameHeader(size, 1024 * ((head[6] & 3) + 1) / hertz, (4, head[2] >> 6, hertz))


def parse_frame_count(frame: bytes) -> int:
    """Return how many frames an MP3 file declares in its first frame, or 0 if it does not.

    Xing and Info headers are read after the LAME project's "Mp3 Info Tag revision 1", VBRI headers
    after Gabriel Bouvigne's "MP3 VBR header". A frame with such a header has no audio.
    """
    if len(frame) < _VBRI_OFFSET + 18:
        return 0
    offset = _XING_OFFSETS[bool(frame[1] & 0x08), frame[3] >> 6 == 3]
    if frame[offset : offset + 4] in (b"Xing", b"Info"):
        return int.from_bytes(frame[offset + 8 : offset + 12]) if frame[offset + 7] & 1 else 0
    return (
        int.from_bytes(frame[_VBRI_OFFSET + 14 : _VBRI_OFFSET + 18])
        if frame[_VBRI_OFFSET:][:4] == b"VBRI"
        else 0
    )


# The third byte of MPEG audio holds bitrate and sample rate, not all of them valid.
_VALID_THIRD_BYTES = b"".join(
    re.escape(bytes([byte])) for byte in range(0x10, 0xF0) if byte >> 2 & 3 != 3
)
MPEG_FRAMES = FrameFormat(
    re.compile(b"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][" + _VALID_THIRD_BYTES + b"]"),
    parse_mpeg_header,
    "mp3",
)
ADTS_FRAMES = FrameFormat(re.compile(b"\xff[\xf0\xf1\xf8\xf9]"), parse_adts_header, "aac")
