"""Parse MPEG audio frame headers, layers 1 to 3.

After ISO/IEC 11172-3 (2.4.1.3) and 13818-3.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

_MPEG_2, _MPEG_2_5 = (2, 0)  # version bits of MPEG 2 and 2.5; 3 is MPEG 1
_SAMPLE_RATES = {
    3: (44100, 48000, 32000),
    _MPEG_2: (22050, 24000, 16000),
    _MPEG_2_5: (11025, 12000, 8000),
}
_BITRATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_PADDING_BIT, _LOWEST_BITRATE, _BITRATE_BITS = 0x02, 0x10, 0xF0  # bits of the third byte


class MpegFrame(NamedTuple):
    """The header of an MPEG audio frame.

    Bitrate is in bits per second, sample rate in Hz, frame size in bytes.
    """

    version: int
    layer: int
    bitrate: int
    sample_rate: int
    channels: int
    size: int
    samples: int


@lru_cache(4096)
def parse_frame_header(head: bytes) -> MpegFrame | None:
    """Parse the four-byte header of an MPEG audio frame.

    Return None if it is invalid or has a free bitrate.
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] < 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bitrate_index, rate_index = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or rate_index == 3 or bitrate_index in (0, 15):
        return None
    bitrate = _BITRATES[version == 3, layer][bitrate_index - 1] * 1000
    rate = _SAMPLE_RATES[version][rate_index]
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
    slot = 4 if layer == 1 else 1
    size = (samples // 8 * bitrate // rate // slot + (head[2] >> 1 & 1)) * slot
    return MpegFrame(version, layer, bitrate, rate, 1 if head[3] >> 6 == 3 else 2, size, samples)


def min_frame_size(head: bytes, *, even: bool) -> int:
    """Return the minimum size in bytes of frames with a header like this one, or 0 if invalid.

    With `even`, the frames have the same bitrate; otherwise the lowest one.
    """
    third = (
        head[2] & ~_PADDING_BIT
        if even
        else head[2] & ~(_PADDING_BIT | _BITRATE_BITS) | _LOWEST_BITRATE
    )
    frame = parse_frame_header(bytes((*head[:2], third, head[3])))
    return frame.size if frame else 0
