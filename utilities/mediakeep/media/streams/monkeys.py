"""Monkey's Audio: a descriptor, a seek table and frames, after the `MACLib` headers of its SDK.

The descriptor exists since version 3.98; older files do not declare their size.
"""

from __future__ import annotations

import struct

from mediakeep.media.anatomy import Anatomy, Info
from mediakeep.media.dialects import margins
from mediakeep.media.evidence import Sound, holds
from mediakeep.media.source import Source
from mediakeep.media.streams.plain import anatomy

_DESCRIBED = 3980  # first version with a descriptor
_EXTRA_HIGH = 4000  # compression level

essence = margins.essence


def read(source: Source) -> Anatomy:
    """Parse the header; raise struct.error if it is truncated."""
    head = source.read(margins.front(source), 76)
    version, level, flags, channels, rate = struct.unpack_from("<4xHHHHI", head)
    if version >= _DESCRIBED:
        block, last, frames, bits, channels, rate = struct.unpack_from("<IIIHHI", head, 56)
    else:
        frames, last = struct.unpack_from("<II", head, 24)
        bits = 8 if flags & 1 else 24 if flags & 8 else 16
        large = version >= 3900 or (version >= 3800 and level == _EXTRA_HIGH)
        block = 294912 if version >= 3950 else 73728 if large else 9216
    samples = (frames - 1) * block + last if frames else 0
    info = Info(sample_rate=rate, channels=channels, bits_per_sample=bits, lossless=True)
    return anatomy(source, samples, info)


def examine(source: Source) -> Sound:
    """Compare the sizes in the descriptor with the size of the audio."""
    audio = margins.between(source)
    head = source.read(audio.start, 36)
    if len(head) < 36 or struct.unpack_from("<H", head, 4)[0] < _DESCRIBED:
        return Sound(audio.size)
    descriptor, header, seek, wav, low, high, end = struct.unpack_from("<7I", head, 8)
    declared = descriptor + header + seek + wav + low + (high << 32) + end
    return Sound(audio.size, holds(audio.size, declared) if declared > audio.size else "")
