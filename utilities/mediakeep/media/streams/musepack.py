"""Musepack: version 8 is a row of packets that says where it ends, version 7 says nothing.

After the Musepack project's "SV7" and "SV8 Specification".
"""

from __future__ import annotations

import struct

from mediakeep.media.anatomy import Anatomy, Info
from mediakeep.media.dialects import margins
from mediakeep.media.evidence import Sound
from mediakeep.media.source import Source
from mediakeep.media.streams.plain import anatomy

_MARK = b"MPCK"
_END = b"SE\x03"  # the packet that ends the stream: its name and its size
_TAIL = 4096  # bytes searched for it, since strange bytes may follow
_PACKETS = 64  # before the sound
_RATES = (44100, 48000, 37800, 32000, 0, 0, 0, 0)
_FRAME = 1152  # samples, in version 7

essence = margins.essence


def read(source: Source) -> Anatomy:
    """Read the header of version 7 or 8; ValueError where there is none."""
    start = margins.front(source)
    if source.read(start, 4) == _MARK:
        return anatomy(source, *_described(source, start + 4))
    mark, frames, flags = struct.unpack("<4sII", source.read(start, 12))
    if mark[3] & 15 != 7:
        raise ValueError("an unknown version")
    samples = max(0, frames * _FRAME - _FRAME // 2)
    return anatomy(source, samples, Info(sample_rate=_RATES[flags >> 16 & 3], channels=2))


def examine(source: Source) -> Sound:
    """See whether the stream ends."""
    audio = margins.between(source)
    packets = source.read(audio.start, 4) == _MARK
    cut = packets and _END not in source.tail(audio.end, min(_TAIL, audio.size))
    return Sound(audio.size, "its stream does not end" if cut else "")


def _described(source: Source, place: int) -> tuple[int, Info]:
    """Walk the packets up to the one that describes the stream."""
    for _ in range(_PACKETS):
        head = source.read(place, 40)
        size, at = _number(head, 2)
        if head[:2] == b"SH":
            samples, at = _number(head, at + 5)
            silent, at = _number(head, at)
            rate, channels = _RATES[head[at] >> 5], (head[at + 1] >> 4) + 1
            return max(0, samples - silent), Info(sample_rate=rate, channels=channels)
        if size < at:
            break
        place += size
    raise ValueError("no stream header")


def _number(data: bytes, place: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, and where it ends; IndexError where it does not."""
    number = 0
    for _ in range(9):
        byte = data[place]
        number, place = number << 7 | byte & 0x7F, place + 1
        if not byte & 0x80:
            break
    return number, place
