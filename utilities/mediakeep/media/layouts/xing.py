"""The header that MP3 encoders write into the first frame, which has no audio.

Xing and Info after the LAME project's "Mp3 Info Tag revision 1", VBRI after Gabriel Bouvigne's
"MP3 VBR header".
"""

from __future__ import annotations

from typing import NamedTuple

SIZE = 200  # bytes of the frame that contain it

_PLACES = {(True, False): 36, (True, True): 21, (False, False): 21, (False, True): 13}
_MPEG_1 = 0x08
_VBRI = 36
_VBRI_SIZE = 18
_FRAMES, _BYTES, _TABLE, _QUALITY = 1, 2, 4, 8  # flags of the fields that are present
_WRITERS = (b"LAME", b"Lavf", b"Lavc", b"L3.9")
_COUNTERS = (*_WRITERS, b"GOGO")
_DELAYS, _MUSIC = 21, 28  # offsets from the encoder name


class Told(NamedTuple):
    """The counts of a Xing, Info or VBRI header, 0 if absent.

    `music_bytes` is the size of the audio without tags, `trimmed_samples` the number of samples
    that the encoder added before and after the audio (delay and padding).
    """

    even: bool  # all frames are of one bitrate
    frames: int
    size: int  # bytes
    music: int = 0
    cut: int = 0


def read(frame: bytes) -> Told | None:
    """Parse the first bytes of a frame; return None if there is no such header."""
    offset = _PLACES[bool(frame[1] & _MPEG_1), frame[3] >> 6 == 3]
    mark = frame[offset : offset + 4]
    if mark in (b"Xing", b"Info"):
        return _xing(frame, offset + 4, even=mark == b"Info")
    head = frame[_VBRI : _VBRI + _VBRI_SIZE]
    if not head.startswith(b"VBRI") or len(head) < _VBRI_SIZE:
        return None
    return Told(False, int.from_bytes(head[14:18]), int.from_bytes(head[10:14]))


def _xing(frame: bytes, offset: int, *, even: bool) -> Told:
    flags, values = int.from_bytes(frame[offset : offset + 4]), []
    offset += 4
    for flag, size in ((_FRAMES, 4), (_BYTES, 4), (_TABLE, 100), (_QUALITY, 4)):
        values.append(int.from_bytes(frame[offset : offset + 4]) if flags & flag else 0)
        offset += size if flags & flag else 0
    writer = frame[offset : offset + 4]
    delays = int.from_bytes(frame[offset + _DELAYS : offset + _DELAYS + 3])
    return Told(
        even,
        values[0],
        values[1],
        int.from_bytes(frame[offset + _MUSIC : offset + _MUSIC + 4]) if writer in _COUNTERS else 0,
        (delays >> 12) + (delays & 0xFFF) if writer in _WRITERS else 0,
    )
