"""Parse True Audio: a header, a seek table and frames, after its "TTA1 Format Description".

An ID3v2 tag may precede the header; APEv2 and ID3v1 tags follow the last frame.
"""

from __future__ import annotations

import struct

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.parsed_file import ParsedFile, StreamInfo
from mediakeep.media.audio.stream_check import StreamCheck, missing_bytes_text
from mediakeep.media.bounded_file import BoundedFile

_HEADER = struct.Struct("<4sHHHIII")  # magic, format, channels, bits, rate, samples, CRC-32
_CRC_SIZE = 4  # bytes after the seek table
_MAX_SEEK_TABLE_SIZE = 1 << 22  # bytes, enough for 300 hours

iter_essence = surrounding_tags.iter_essence


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the header of a True Audio file; raise ValueError if the sample rate is 0."""
    audio = surrounding_tags.find_audio_range(source)
    _, _, channels, bits, rate, samples, _ = _HEADER.unpack(source.read(audio.start, _HEADER.size))
    if not rate:
        raise ValueError("sample rate 0")
    length = samples / rate
    info = StreamInfo(
        length=length,
        bitrate=round(audio.size * 8 / length) if length else 0,
        sample_rate=rate,
        channels=channels,
        bits_per_sample=bits,
        lossless=True,
    )
    return ParsedFile(info=info, blocks=surrounding_tags.read_tag_blocks(source))


def check_stream(source: BoundedFile) -> StreamCheck:
    """Compare the total size of the frames, from the seek table, with the size of the audio."""
    audio = surrounding_tags.find_audio_range(source)
    _, _, _, _, rate, samples, _ = _HEADER.unpack(source.read(audio.start, _HEADER.size))
    frame_samples = 256 * rate // 245
    table_size = 4 * -(-samples // frame_samples) if frame_samples else 0
    declared = _HEADER.size + table_size + _CRC_SIZE
    if table_size <= min(_MAX_SEEK_TABLE_SIZE, audio.size):
        table = source.read(audio.start + _HEADER.size, table_size)
        declared += sum(size for (size,) in struct.iter_unpack("<I", table[: len(table) & ~3]))
    missing = missing_bytes_text(audio.size, declared) if declared > audio.size else ""
    return StreamCheck(audio.size, missing)
