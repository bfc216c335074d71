"""WAV and AIFF: chunks, of which one holds the samples and one says how to read them.

WAV after Microsoft's "Multimedia Programming Interface and Data Specifications 1.0", AIFF after
Apple's "Audio Interchange File Format 1.3".
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

_SLACK = 64  # some writers give the size of the whole file to the chunk of the sound
_ENDLESS = 0x7FFFF000  # sizes from here to all ones are written by those that cannot go back
_SOUND = frozenset({b"data", b"SSND"})
_SHAPE = frozenset({b"fmt ", b"COMM"})
_TAGS = (b"id3 ", b"ID3 ")
_LIST = b"LIST"
_PLAIN = frozenset({1, 3})  # samples as they are: whole numbers, floating point
_EXTENSIBLE = 0xFFFE
_CODECS = {0x50: "MPEG", 0x55: "MP3", 0x2000: "AC-3", 6: "A-law", 7: "mu-law", 2: "ADPCM"}
_PLAIN_AIFF = frozenset({b"NONE", b"sowt", b"twos", b"raw ", b"in24", b"in32", b"fl32", b"fl64"})
_PLAIN_AIFF |= {b"FL32", b"FL64"}


def read(source: Source) -> Anatomy:
    """Read the chunks of a file; ValueError without a description of its sound."""
    found: dict[bytes, Span] = {}
    for name, start, size in chunks.walk(source, margins.front(source)):
        if name != _LIST or source.read(start, len(infolist.MARK)) == infolist.MARK:
            found[name] = Span(start, min(start + size, source.size))
    big = chunks.is_big(source, margins.front(source))
    shape = found.get(b"COMM" if big else b"fmt ")
    if shape is None:
        raise ValueError("nothing tells how to read the samples")
    parts = [partial(id3.read, source, *found[name]) for name in _TAGS if name in found]
    blocks: list[Block | None] = [attempt(part) for part in parts]
    if _LIST in found and not big:
        blocks.append(attempt(partial(infolist.read, source, *found[_LIST])))
    data = source.read(shape.start, min(shape.size, 40))
    info = _aiff(data) if big else _wave(data, found.get(b"data", Span(0, 0)).size)
    return Anatomy(info=info, blocks=[block for block in blocks if block])


def examine(source: Source) -> Sound:
    """Compare the size that the chunk of the sound names with what is there."""
    if chunk := source.once(_parts)[1]:
        there = _inside(source, chunk).size
        missing = chunk.size > there + _SLACK and not _endless(chunk.size)
        return Sound(there, holds(there, chunk.size) if missing else "")
    return Sound(0, _within_headers(source))


def essence(source: Source) -> Pieces:
    """Give what says how to read the samples, then the samples."""
    for chunk in source.once(_parts):
        if chunk:
            yield _inside(source, chunk)


def _parts(source: Source) -> tuple[Chunk | None, Chunk | None]:
    """Find the shape of the samples and the samples, up to a `data` that nothing need follow."""
    shape = sound = None
    for chunk in chunks.walk(source, margins.front(source)):
        if chunk.name in _SHAPE:
            shape = shape or chunk
        elif chunk.name in _SOUND:
            sound = sound or chunk
        if chunk.name == b"data":
            break
    return shape, sound


def _inside(source: Source, chunk: Chunk) -> Span:
    """Its content as far as it is there; without a size it goes on to the end."""
    end = chunk.start + chunk.size if chunk.size else source.size
    return Span(chunk.start, min(end, source.size))


def _endless(size: int) -> bool:
    return _ENDLESS <= size <= 0xFFFFFFFF


def _within_headers(source: Source) -> str:
    """A file without sound that is shorter than its first header says."""
    start = margins.front(source)
    big = chunks.is_big(source, start)
    size = int.from_bytes(source.read(start + 4, 4), "big" if big else "little") + 8
    missing = start + size > source.size and not _endless(size - 8)
    return holds(source.size - start, size) if missing else ""


def _wave(data: bytes, size: int) -> Info:
    codec, channels, rate, second, _, bits = struct.unpack_from("<HHIIHH", data)
    if codec == _EXTENSIBLE and len(data) >= 26:
        codec = int.from_bytes(data[24:26], "little")
    return Info(
        length=size / second if second else 0.0,
        bitrate=second * 8,
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
