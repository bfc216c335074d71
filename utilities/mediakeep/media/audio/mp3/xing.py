"""Parse the header that MP3 encoders write into the first frame, which has no audio.

Xing and Info after the LAME project's "Mp3 Info Tag revision 1", VBRI after Gabriel Bouvigne's "MP3
VBR header".
"""

from __future__ import annotations

from typing import NamedTuple

HEADER_SIZE = 200  # bytes of the frame that contain it

_XING_OFFSETS = {(True, False): 36, (True, True): 21, (False, False): 21, (False, True): 13}
_MPEG_1_FLAG = 0x08
_VBRI_OFFSET = 36
_VBRI_SIZE = 18
_FRAMES_FLAG, _BYTES_FLAG, _TABLE_FLAG, _QUALITY_FLAG = (
    1,
    2,
    4,
    8,
)  # flags of the fields that are present
_XING_MARKS = (b"Xing", b"Info")
_DELAY_WRITERS = (b"LAME", b"Lavf", b"Lavc", b"L3.9")
_SIZE_WRITERS = (*_DELAY_WRITERS, b"GOGO")
_DELAYS_OFFSET, _MUSIC_SIZE_OFFSET = 21, 28  # offsets from the encoder name


class XingHeader(NamedTuple):
    """The frame and byte counts of a Xing, Info or VBRI header; 0 if absent.

    `music_bytes` is the size of the audio without tags, `trimmed_samples` the number of samples
    that the encoder added before and after the audio (delay and padding).
    """

    is_constant_bitrate: bool  # all frames have the same bitrate
    frame_count: int
    byte_count: int  # bytes
    music_bytes: int = 0
    trimmed_samples: int = 0


def parse_header(frame: bytes) -> XingHeader | None:
    """Parse the Xing, Info or VBRI header in the first bytes of an MP3 frame, or return None."""
    offset = _XING_OFFSETS[bool(frame[1] & _MPEG_1_FLAG), frame[3] >> 6 == 3]
    mark = frame[offset : offset + 4]
    if mark in _XING_MARKS:
        return _parse_xing(frame, offset + 4, even=mark == b"Info")
    head = frame[_VBRI_OFFSET : _VBRI_OFFSET + _VBRI_SIZE]
    if not head.startswith(b"VBRI") or len(head) < _VBRI_SIZE:
        return None
    return XingHeader(False, int.from_bytes(head[14:18]), int.from_bytes(head[10:14]))


def find_encoder_name(frame: bytes) -> int:
    """Return the offset of the encoder's name in a Xing or Info header, or 0 if there is none."""
    offset = _XING_OFFSETS[bool(frame[1] & _MPEG_1_FLAG), frame[3] >> 6 == 3]
    return _read_fields(frame, offset + 4)[1] if frame[offset : offset + 4] in _XING_MARKS else 0


def _parse_xing(frame: bytes, offset: int, *, even: bool) -> XingHeader:
    values, offset = _read_fields(frame, offset)
    writer = frame[offset : offset + 4]
    delays = int.from_bytes(frame[offset + _DELAYS_OFFSET : offset + _DELAYS_OFFSET + 3])
    return XingHeader(
        even,
        values[0],
        values[1],
        int.from_bytes(frame[offset + _MUSIC_SIZE_OFFSET : offset + _MUSIC_SIZE_OFFSET + 4])
        if writer in _SIZE_WRITERS
        else 0,
        (delays >> 12) + (delays & 0xFFF) if writer in _DELAY_WRITERS else 0,
    )


def _read_fields(frame: bytes, offset: int) -> tuple[list[int], int]:
    """Return the fields of a Xing header, 0 if absent, and the offset after them."""
    flags, values = int.from_bytes(frame[offset : offset + 4]), []
    offset += 4
    for flag, size in ((_FRAMES_FLAG, 4), (_BYTES_FLAG, 4), (_TABLE_FLAG, 100), (_QUALITY_FLAG, 4)):
        values.append(int.from_bytes(frame[offset : offset + 4]) if flags & flag else 0)
        offset += size if flags & flag else 0
    return values, offset
