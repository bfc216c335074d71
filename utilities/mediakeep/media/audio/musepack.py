"""Parse Musepack streams of version 7 and 8.

Version 8 is a sequence of packets with an end packet; version 7 has no end mark. After the Musepack
project's "SV7" and "SV8 Specification".
"""

from __future__ import annotations

import struct

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.parsed_file import ParsedFile, StreamInfo
from mediakeep.media.audio.stream_check import StreamCheck
from mediakeep.media.audio.surrounding_tags import build_parsed_file
from mediakeep.media.bounded_file import BoundedFile

_SV8_MAGIC = b"MPCK"
_END_PACKET = b"SE\x03"  # key and size of the end packet
_TAIL_SIZE = 4096  # bytes searched for it; other data may follow
_MAX_PACKETS = 64  # packets read before the audio
_SAMPLE_RATES = (44100, 48000, 37800, 32000, 0, 0, 0, 0)
_SAMPLES_PER_FRAME = 1152  # samples, in version 7

iter_essence = surrounding_tags.iter_essence


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the header of a Musepack file, version 7 or 8; raise ValueError if there is none."""
    start = surrounding_tags.find_audio_start(source)
    if source.read(start, 4) == _SV8_MAGIC:
        return build_parsed_file(source, *_read_stream_header(source, start + 4))
    mark, frames, flags = struct.unpack("<4sII", source.read(start, 12))
    if mark[3] & 15 != 7:
        raise ValueError("an unknown version")
    samples = max(0, frames * _SAMPLES_PER_FRAME - _SAMPLES_PER_FRAME // 2)
    return build_parsed_file(
        source, samples, StreamInfo(sample_rate=_SAMPLE_RATES[flags >> 16 & 3], channels=2)
    )


def check_stream(source: BoundedFile) -> StreamCheck:
    """Check that a Musepack stream of version 8 has its end packet."""
    audio = surrounding_tags.find_audio_range(source)
    is_sv8 = source.read(audio.start, 4) == _SV8_MAGIC
    is_truncated = is_sv8 and _END_PACKET not in source.read_tail(
        audio.end, min(_TAIL_SIZE, audio.size)
    )
    return StreamCheck(audio.size, "its stream does not end" if is_truncated else "")


def _read_stream_header(source: BoundedFile, offset: int) -> tuple[int, StreamInfo]:
    """Find and parse the stream header packet of Musepack version 8."""
    for _ in range(_MAX_PACKETS):
        head = source.read(offset, 40)
        size, field = _decode_varint(head, 2)
        if head[:2] == b"SH":
            samples, field = _decode_varint(head, field + 5)
            silent_samples, field = _decode_varint(head, field)
            rate, channels = _SAMPLE_RATES[head[field] >> 5], (head[field + 1] >> 4) + 1
            return max(0, samples - silent_samples), StreamInfo(sample_rate=rate, channels=channels)
        if size < field:
            break
        offset += size
    raise ValueError("no stream header")


def _decode_varint(data: bytes, offset: int) -> tuple[int, int]:
    """Decode an integer with seven bits per byte; return it and the offset after it.

    Raises IndexError if it is truncated.
    """
    number = 0
    for _ in range(9):
        byte = data[offset]
        number, offset = number << 7 | byte & 0x7F, offset + 1
        if not byte & 0x80:
            break
    return number, offset
