"""WAV and AIFF: a format chunk, a chunk of samples, and tags as ID3v2 or a RIFF INFO list.

After Microsoft's "Multimedia Programming Interface and Data Specifications 1.0" (RIFF, WAV, INFO),
EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64), and Apple's "Audio Interchange File Format" 1.3.
"""

from __future__ import annotations

import struct
from functools import partial
from math import ldexp

from mediakeep.media.anatomy import Anatomy, Block, Info, Pieces, attempt
from mediakeep.media.dialects import id3, infolist, margins
from mediakeep.media.evidence import Sound, holds
from mediakeep.media.layouts import chunks
from mediakeep.media.layouts.chunks import Chunk
from mediakeep.media.source import Source, Span

_SLACK = 64  # bytes; some writers give the data chunk the size of the whole file
_ENDLESS = 0x7FFFF000  # sizes from here on are placeholders of writers to a pipe
_SOUND = frozenset({b"data", b"SSND"})
_SHAPE = frozenset({b"fmt ", b"COMM"})
_TAGS = (b"id3 ", b"ID3 ")
_LIST = b"LIST"
_PLAIN = frozenset({1, 3})  # PCM: integer, floating point
_EXTENSIBLE = 0xFFFE
_CODECS = {0x50: "MPEG", 0x55: "MP3", 0x2000: "AC-3", 6: "A-law", 7: "mu-law", 2: "ADPCM"}
_PLAIN_AIFF = frozenset({b"NONE", b"sowt", b"twos", b"raw ", b"in24", b"in32", b"fl32", b"fl64"})
_PLAIN_AIFF |= {b"FL32", b"FL64"}


def read(source: Source) -> Anatomy:
    """Parse the chunks of a file; raise ValueError without a format chunk."""
    chunk_spans: dict[bytes, Span] = {}
    for name, start, size in chunks.walk(source, margins.front(source)):
        if name != _LIST or source.read(start, len(infolist.MARK)) == infolist.MARK:
            chunk_spans[name] = Span(start, min(start + size, source.size))
    is_big = chunks.is_big(source, margins.front(source))
    format_span = chunk_spans.get(b"COMM" if is_big else b"fmt ")
    if format_span is None:
        raise ValueError("no format chunk")
    parts = [partial(id3.read, source, *chunk_spans[name]) for name in _TAGS if name in chunk_spans]
    blocks: list[Block | None] = [attempt(part) for part in parts]
    if _LIST in chunk_spans and not is_big:
        blocks.append(attempt(partial(infolist.read, source, *chunk_spans[_LIST])))
    data = source.read(format_span.start, min(format_span.size, 40))
    info = _aiff(data) if is_big else _wave(data, chunk_spans.get(b"data", Span(0, 0)).size)
    return Anatomy(info=info, blocks=[block for block in blocks if block])


def examine(source: Source) -> Sound:
    """Compare the declared size of the data chunk with the file size."""
    if chunk := source.once(_parts)[1]:
        present = _inside(source, chunk).size
        missing = chunk.size > present + _SLACK and not _endless(chunk.size)
        return Sound(present, holds(present, chunk.size) if missing else "")
    return Sound(0, _within_headers(source))


def essence(source: Source) -> Pieces:
    """Yield the format chunk, then the samples."""
    for chunk in source.once(_parts):
        if chunk:
            yield _inside(source, chunk)


def _parts(source: Source) -> tuple[Chunk | None, Chunk | None]:
    """Find the format and the data chunk; nothing is read after a `data` chunk."""
    format_chunk = data_chunk = None
    for chunk in chunks.walk(source, margins.front(source)):
        if chunk.name in _SHAPE:
            format_chunk = format_chunk or chunk
        elif chunk.name in _SOUND:
            data_chunk = data_chunk or chunk
        if chunk.name == b"data":
            break
    return format_chunk, data_chunk


def _inside(source: Source, chunk: Chunk) -> Span:
    """Return the existing content of a chunk; size 0 means up to the end of the file."""
    end = chunk.start + chunk.size if chunk.size else source.size
    return Span(chunk.start, min(end, source.size))


def _endless(size: int) -> bool:
    return _ENDLESS <= size <= 0xFFFFFFFF


def _within_headers(source: Source) -> str:
    """Return the reason if a file without audio is shorter than declared, else ""."""
    start = margins.front(source)
    is_big = chunks.is_big(source, start)
    size = int.from_bytes(source.read(start + 4, 4), "big" if is_big else "little") + 8
    missing = start + size > source.size and not _endless(size - 8)
    return holds(source.size - start, size) if missing else ""


def _wave(data: bytes, size: int) -> Info:
    codec, channels, rate, bytes_per_second, _, bits = struct.unpack_from("<HHIIHH", data)
    if codec == _EXTENSIBLE and len(data) >= 26:
        codec = int.from_bytes(data[24:26], "little")
    return Info(
        length=size / bytes_per_second if bytes_per_second else 0.0,
        bitrate=bytes_per_second * 8,
        sample_rate=rate,
        channels=channels,
        bits_per_sample=bits,
        codec=_CODECS.get(codec, ""),
        lossless=codec in _PLAIN,
    )


def _aiff(data: bytes) -> Info:
    channels, samples, bits, exponent, mantissa = struct.unpack_from(">HIHHQ", data)
    rate = ldexp(mantissa, (exponent & 0x7FFF) - 16383 - 63)  # an 80-bit float
    codec = data[18:22]
    return Info(
        length=samples / rate if rate else 0.0,
        bitrate=round(rate) * channels * bits,
        sample_rate=round(rate),
        channels=channels,
        bits_per_sample=bits,
        codec="" if codec in _PLAIN_AIFF else codec.decode("latin-1").strip(),
        lossless=not codec or codec in _PLAIN_AIFF,
    )
