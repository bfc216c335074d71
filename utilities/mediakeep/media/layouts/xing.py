"""What an encoder tells of all frames in a first one, which holds no sound.

Xing and Info after the LAME project's "Mp3 Info Tag revision 1", VBRI after Gabriel Bouvigne's
"MP3 VBR header".
"""

from __future__ import annotations

from typing import NamedTuple

SIZE = 200  # bytes of the frame in which all of it lies

_PLACES = {(True, False): 36, (True, True): 21, (False, False): 21, (False, True): 13}
_MPEG_1 = 0x08
_VBRI = 36
_VBRI_SIZE = 18
_FRAMES, _BYTES, _TABLE, _QUALITY = 1, 2, 4, 8  # flags, each for a field that stands there
_WRITERS = (b"LAME", b"Lavf", b"Lavc", b"L3.9")
_COUNTERS = (*_WRITERS, b"GOGO")
_DELAYS, _MUSIC = 21, 28  # bytes from the writer's name


class Told(NamedTuple):
    """Its counts, 0 where it has none.

    `music` counts the bytes without the tags, `cut` the samples that the encoder put before and
    behind the sound.
    """

    even: bool  # all frames are of one bitrate
    frames: int
    size: int  # bytes
    music: int = 0
    cut: int = 0


def read(frame: bytes) -> Told | None:
    """Read a frame's first bytes; None where they hold no such header."""
    at = _PLACES[bool(frame[1] & _MPEG_1), frame[3] >> 6 == 3]
    mark = frame[at : at + 4]
    if mark in (b"Xing", b"Info"):
        return _xing(frame, at + 4, even=mark == b"Info")
    head = frame[_VBRI : _VBRI + _VBRI_SIZE]
    if not head.startswith(b"VBRI") or len(head) < _VBRI_SIZE:
        return None
    return Told(False, int.from_bytes(head[14:18]), int.from_bytes(head[10:14]))


def _xing(frame: bytes, at: int, *, even: bool) -> Told:
    flags, told = int.from_bytes(frame[at : at + 4]), []
    at += 4
    for flag, size in ((_FRAMES, 4), (_BYTES, 4), (_TABLE, 100), (_QUALITY, 4)):
        told.append(int.from_bytes(frame[at : at + 4]) if flags & flag else 0)
        at += size if flags & flag else 0
    writer, delays = frame[at : at + 4], int.from_bytes(frame[at + _DELAYS : at + _DELAYS + 3])
    return Told(
        even,
        told[0],
        told[1],
        int.from_bytes(frame[at + _MUSIC : at + _MUSIC + 4]) if writer in _COUNTERS else 0,
        (delays >> 12) + (delays & 0xFFF) if writer in _WRITERS else 0,
    )
