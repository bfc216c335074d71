"""Parse WAV and AIFF: a format chunk, a chunk of samples, and tags (ID3v2 or a RIFF INFO list).

After Microsoft's "Multimedia Programming Interface and Data Specifications 1.0" (RIFF, WAV, INFO),
EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64), and Apple's "Audio Interchange File Format" 1.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial
from math import ldexp
from typing import NamedTuple

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.id3 import id3v2
from mediakeep.media.audio.parsed_file import (
    EssenceParts,
    ParsedFile,
    StreamInfo,
    TagBlock,
    parse_or_none,
)
from mediakeep.media.audio.riff import info_tags
from mediakeep.media.audio.stream_check import StreamCheck, missing_bytes_text
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_MAX_CHUNKS = 1000
_UNKNOWN_SIZE = 0xFFFFFFFF
_SIZE_LIMIT = 1 << 32


class RiffChunk(NamedTuple):
    """A RIFF or AIFF chunk: its name, the byte offset of its content and its declared size."""

    name: bytes
    start: int
    size: int


def is_big_endian(source: BoundedFile, start: int) -> bool:
    """Return True if the file that begins at `start` is AIFF, whose numbers are big-endian."""
    return source.read(start, 4) == b"FORM"


def walk_chunks(source: BoundedFile, start: int) -> Iterator[RiffChunk]:
    """Yield the chunks of the RIFF or AIFF file that begins at byte offset `start`."""
    big, offset, data_size = is_big_endian(source, start), start + 12, 0
    for _ in range(_MAX_CHUNKS):
        head = source.read(offset, 8)
        if len(head) < 8:
            return
        name, size = head[:4], int.from_bytes(head[4:], "big" if big else "little")
        if name == b"ds64":  # 64-bit sizes
            data_size = int.from_bytes(source.read(offset + 16, 8), "little")
        if name == b"data" and size == _UNKNOWN_SIZE and data_size:
            size = data_size
        yield RiffChunk(name, offset + 8, size)
        offset += 8 + size + (size & 1)


_SIZE_TOLERANCE = 64  # bytes; some writers give the data chunk the size of the whole file
_MIN_STREAMED_SIZE = 0x7FFFF000  # sizes from here on are placeholders of writers to a pipe
_DATA_CHUNKS = frozenset({b"data", b"SSND"})
_FORMAT_CHUNKS = frozenset({b"fmt ", b"COMM"})
ID3_CHUNKS = frozenset({b"id3 ", b"ID3 "})
LIST_CHUNK = b"LIST"
_SAMPLE_COUNT_CHUNK = b"fact"
PCM_FORMATS = frozenset({1, 3})  # PCM: integer, floating point
_ADPCM_FORMATS = frozenset({2, 0x11})
EXTENSIBLE_FORMAT = 0xFFFE
_CODEC_NAMES = dict(
    [
        *((2, "ADPCM"), (6, "A-law"), (7, "mu-law"), (0x11, "IMA ADPCM"), (0x31, "GSM 6.10")),
        *((0x50, "MPEG"), (0x55, "MP3"), (0x2000, "AC-3")),
    ]
)
_AIFF_PCM_CODECS = frozenset(
    {b"NONE", b"sowt", b"twos", b"raw ", b"in24", b"in32", b"fl32", b"fl64"}
)
_AIFF_PCM_CODECS |= {b"FL32", b"FL64"}


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the chunks of a WAV or AIFF file; raise ValueError if it has no format chunk."""
    chunk_spans: dict[bytes, ByteRange] = {}
    blocks: list[TagBlock | None] = []
    for name, start, size in walk_chunks(source, surrounding_tags.find_audio_start(source)):
        span = ByteRange(start, min(start + size, source.size))
        if name in ID3_CHUNKS:  # of several, readers use the first one
            blocks.append(parse_or_none(partial(id3v2.read_tag, source, *span)))
        elif (
            name != LIST_CHUNK
            or source.read(start, len(info_tags.LIST_TYPE)) == info_tags.LIST_TYPE
        ):
            chunk_spans[name] = span
    is_big = is_big_endian(source, surrounding_tags.find_audio_start(source))
    format_span = chunk_spans.get(b"COMM" if is_big else b"fmt ")
    if format_span is None:
        raise ValueError("no format chunk")
    if LIST_CHUNK in chunk_spans and not is_big:
        blocks.append(
            parse_or_none(partial(info_tags.read_info_list, source, *chunk_spans[LIST_CHUNK]))
        )
    data = source.read(format_span.start, min(format_span.size, 40))
    if is_big:
        info = _parse_aiff_common(data)
    else:
        audio_size = chunk_spans.get(b"data", ByteRange(0, 0)).size
        fact = chunk_spans.get(_SAMPLE_COUNT_CHUNK)
        samples = int.from_bytes(source.read(fact.start, 4), "little") if fact else 0
        info = _parse_wav_format(data, audio_size, samples)
    return ParsedFile(info=info, blocks=[block for block in blocks if block])


def check_stream(source: BoundedFile) -> StreamCheck:
    """Compare the size that the data chunk of a WAV or AIFF file declares with the file size.

    A recorder that does not know RF64 writes sizes above 4 GiB without their highest bits.
    """
    if chunk := source.call_once_and_cache(_find_format_and_data)[1]:
        following = source.size - chunk.start - chunk.size
        if following >= _SIZE_LIMIT and chunk.size and not _is_streamed_size(chunk.size):
            lost = f"its header declares {chunk.size:,} bytes of audio, {following:,} follow"
            return StreamCheck(chunk.size, f"{lost}; convert it to RF64 with another program")
        present = _chunk_range(source, chunk).size
        missing = chunk.size > present + _SIZE_TOLERANCE and not _is_streamed_size(chunk.size)
        return StreamCheck(present, missing_bytes_text(present, chunk.size) if missing else "")
    return StreamCheck(0, _truncated_headers_text(source))


def iter_essence(source: BoundedFile) -> EssenceParts:
    """Yield the audio of a WAV or AIFF file: its format chunk, then the samples."""
    for chunk in source.call_once_and_cache(_find_format_and_data):
        if chunk:
            yield _chunk_range(source, chunk)


def _find_format_and_data(source: BoundedFile) -> tuple[RiffChunk | None, RiffChunk | None]:
    """Return the format chunk and the data chunk of a WAV or AIFF file.

    Each is None if it is missing. Nothing is read after a `data` chunk.
    """
    format_chunk = data_chunk = None
    for chunk in walk_chunks(source, surrounding_tags.find_audio_start(source)):
        if chunk.name in _FORMAT_CHUNKS:
            format_chunk = format_chunk or chunk
        elif chunk.name in _DATA_CHUNKS:
            data_chunk = data_chunk or chunk
        if chunk.name == b"data":
            break
    return format_chunk, data_chunk


def _chunk_range(source: BoundedFile, chunk: RiffChunk) -> ByteRange:
    """Return the byte range of a chunk's content that exists in the file.

    A declared size of 0 means up to the end of the file.
    """
    end = chunk.start + chunk.size if chunk.size else source.size
    return ByteRange(chunk.start, min(end, source.size))


def _is_streamed_size(size: int) -> bool:
    return _MIN_STREAMED_SIZE <= size <= 0xFFFFFFFF


def _truncated_headers_text(source: BoundedFile) -> str:
    """Return a clause if a file without audio is shorter than its header declares, else ""."""
    start = surrounding_tags.find_audio_start(source)
    is_big = is_big_endian(source, start)
    size = int.from_bytes(source.read(start + 4, 4), "big" if is_big else "little") + 8
    missing = start + size > source.size and not _is_streamed_size(size - 8)
    return missing_bytes_text(source.size - start, size) if missing else ""


def _parse_wav_format(data: bytes, size: int, samples: int) -> StreamInfo:
    """Parse a format chunk; `samples` is the content of the `fact` chunk, 0 if it is missing.

    `size` is the size of the audio in bytes. The byte rate of compressed audio is often wrong.
    """
    codec, channels, rate, bytes_per_second, align, bits = struct.unpack_from("<HHIIHH", data)
    if codec == EXTENSIBLE_FORMAT and len(data) >= 26:
        codec = int.from_bytes(data[24:26], "little")
    if codec in PCM_FORMATS or _is_streamed_size(samples):
        samples = 0
    if not samples and codec in _ADPCM_FORMATS and align and len(data) >= 20:
        samples = size // align * int.from_bytes(data[18:20], "little")
    length = size / bytes_per_second if bytes_per_second else 0.0
    if samples and rate:
        length = samples / rate
    return StreamInfo(
        length=length,
        bitrate=round(size * 8 / length) if samples and length else bytes_per_second * 8,
        sample_rate=rate,
        channels=channels,
        bits_per_sample=bits,
        codec=_CODEC_NAMES.get(codec, ""),
        lossless=codec in PCM_FORMATS,
    )


def _parse_aiff_common(data: bytes) -> StreamInfo:
    channels, samples, bits, exponent, mantissa = struct.unpack_from(">HIHHQ", data)
    rate = ldexp(mantissa, (exponent & 0x7FFF) - 16383 - 63)  # an 80-bit float
    codec = data[18:22]
    return StreamInfo(
        length=samples / rate if rate else 0.0,
        bitrate=round(rate) * channels * bits,
        sample_rate=round(rate),
        channels=channels,
        bits_per_sample=bits,
        codec="" if codec in _AIFF_PCM_CODECS else codec.decode("latin-1").strip(),
        lossless=not codec or codec in _AIFF_PCM_CODECS,
    )
