"""DSF: three chunks, then the tags, after Sony's "DSF File Format Specification 1.01"."""

from __future__ import annotations

import struct
from functools import partial

from mediakeep.media.anatomy import Anatomy, Info, Pieces, attempt
from mediakeep.media.dialects import id3, margins
from mediakeep.media.evidence import LAST_BYTE, Sound, holds
from mediakeep.media.source import Source, Span

_FIRST = 28  # bytes of the first chunk, which declares the file size
_CHUNK = 12  # bytes of name and size, included in the size


def read(source: Source) -> Anatomy:
    """Parse the headers and the ID3 tag; raise struct.error if they are truncated."""
    start = margins.front(source)
    (tag,) = struct.unpack("<Q", source.read(start + 20, 8))
    channels, rate, bits, samples = struct.unpack("<IIIQ", source.read(start + 52, 20))
    if not rate:
        raise ValueError("sample rate 0")
    block = attempt(partial(id3.read, source, start + tag, source.size)) if tag else None
    info = Info(
        length=samples / rate,
        bitrate=rate * bits * channels,
        sample_rate=rate,
        channels=channels,
        bits_per_sample=bits,
        lossless=True,
    )
    return Anatomy(info=info, blocks=[block] if block else [])


def examine(source: Source) -> Sound:
    """Compare the declared sizes of file and data with the file size."""
    start, data = margins.front(source), _data(source)
    declared_size = struct.unpack_from("<Q", source.read(start + 12, 8))[0]
    declared_end = max(start + declared_size, data.end)
    missing = holds(source.size, declared_end) if declared_end > source.size else ""
    if declared_end - source.size == 1:
        missing = LAST_BYTE
    return Sound(Span(data.start, min(data.end, source.size)).size, missing)


def essence(source: Source) -> Pieces:
    """Yield the format chunk, then the samples."""
    data = _data(source)
    yield Span(margins.front(source) + _FIRST, min(data.start - _CHUNK, source.size))
    yield Span(data.start, min(data.end, source.size))


def _data(source: Source) -> Span:
    """Return the content of the data chunk, which follows the format chunk."""
    start = margins.front(source) + _FIRST
    start += struct.unpack_from("<Q", source.read(start + 4, 8))[0]
    size = struct.unpack_from("<Q", source.read(start + 4, 8))[0]
    return Span(start + _CHUNK, start + max(size, _CHUNK))
