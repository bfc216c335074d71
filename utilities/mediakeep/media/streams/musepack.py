"""Musepack: version 8 is a sequence of packets with an end packet, version 7 has no end mark.

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
_END = b"SE\x03"  # key and size of the end packet
_TAIL = 4096  # bytes searched for it; other data may follow
_PACKETS = 64  # before the audio
_RATES = (44100, 48000, 37800, 32000, 0, 0, 0, 0)
_FRAME = 1152  # samples, in version 7

essence = margins.essence


def read(source: Source) -> Anatomy:
    """Parse the header of version 7 or 8; raise ValueError if there is none."""
    start = margins.front(source)
    if source.read(start, 4) == _MARK:
        return anatomy(source, *_described(source, start + 4))
    mark, frames, flags = struct.unpack("<4sII", source.read(start, 12))
    if mark[3] & 15 != 7:
        raise ValueError("an unknown version")
    samples = max(0, frames * _FRAME - _FRAME // 2)
    return anatomy(source, samples, Info(sample_rate=_RATES[flags >> 16 & 3], channels=2))


def examine(source: Source) -> Sound:
    """Check that a stream of version 8 has its end packet."""
    audio = margins.between(source)
    is_sv8 = source.read(audio.start, 4) == _MARK
    is_truncated = is_sv8 and _END not in source.tail(audio.end, min(_TAIL, audio.size))
    return Sound(audio.size, "its stream does not end" if is_truncated else "")


def _described(source: Source, offset: int) -> tuple[int, Info]:
    """Find and parse the stream header packet."""
    for _ in range(_PACKETS):
        head = source.read(offset, 40)
        size, field = _number(head, 2)
        if head[:2] == b"SH":
            samples, field = _number(head, field + 5)
            silent_samples, field = _number(head, field)
            rate, channels = _RATES[head[field] >> 5], (head[field + 1] >> 4) + 1
            return max(0, samples - silent_samples), Info(sample_rate=rate, channels=channels)
        if size < field:
            break
        offset += size
    raise ValueError("no stream header")


def _number(data: bytes, offset: int) -> tuple[int, int]:
    """Decode an integer of seven bits per byte and return it with its end.

    Raises IndexError if it is truncated.
    """
    number = 0
    for _ in range(9):
        byte = data[offset]
        number, offset = number << 7 | byte & 0x7F, offset + 1
        if not byte & 0x80:
            break
    return number, offset
