"""Parse Monkey's Audio: a descriptor, a seek table and frames, after its SDK's `MACLib` headers.

The descriptor exists since version 3.98; older files do not declare their size.
"""

from __future__ import annotations

import struct

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.parsed_file import ParsedFile, StreamInfo
from mediakeep.media.audio.stream_check import StreamCheck, missing_bytes_text
from mediakeep.media.audio.surrounding_tags import build_parsed_file
from mediakeep.media.bounded_file import BoundedFile

_DESCRIPTOR_VERSION = 3980  # first version with a descriptor
_EXTRA_HIGH_LEVEL = 4000  # compression level

iter_essence = surrounding_tags.iter_essence


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the header of a Monkey's Audio file; raise struct.error if it is truncated."""
    head = source.read(surrounding_tags.find_audio_start(source), 76)
    version, level, flags, channels, rate = struct.unpack_from("<4xHHHHI", head)
    if version >= _DESCRIPTOR_VERSION:
        block, last, frames, bits, channels, rate = struct.unpack_from("<IIIHHI", head, 56)
    else:
        frames, last = struct.unpack_from("<II", head, 24)
        bits = 8 if flags & 1 else 24 if flags & 8 else 16
        large = version >= 3900 or (version >= 3800 and level == _EXTRA_HIGH_LEVEL)
        block = 294912 if version >= 3950 else 73728 if large else 9216
    samples = (frames - 1) * block + last if frames else 0
    info = StreamInfo(sample_rate=rate, channels=channels, bits_per_sample=bits, lossless=True)
    return build_parsed_file(source, samples, info)


def check_stream(source: BoundedFile) -> StreamCheck:
    """Compare the audio size that a Monkey's Audio file declares with the bytes that exist."""
    audio = surrounding_tags.find_audio_range(source)
    head = source.read(audio.start, 36)
    if len(head) < 36 or struct.unpack_from("<H", head, 4)[0] < _DESCRIPTOR_VERSION:
        return StreamCheck(audio.size)
    descriptor, header, seek, wav, low, high, end = struct.unpack_from("<7I", head, 8)
    declared = descriptor + header + seek + wav + low + (high << 32) + end
    return StreamCheck(
        audio.size, missing_bytes_text(audio.size, declared) if declared > audio.size else ""
    )
