"""FLAC: metadata blocks, then frames that each tell their place, after RFC 9639."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mediakeep.media.anatomy import Anatomy, Block, Info, attempt
from mediakeep.media.dialects import comments, margins
from mediakeep.media.evidence import Sound, ends
from mediakeep.media.layouts import blocks, flacframes
from mediakeep.media.layouts.blocks import COMMENT, PICTURE, STREAMINFO, Metadata
from mediakeep.media.layouts.flacframes import FIXED, VARIABLE, Stream, backwards
from mediakeep.media.source import Source, Span

_MARK = b"fLaC"
_TAIL, _LONGEST = 65_536, 262_144  # bytes searched where the largest frame is unknown, and at most


def read(source: Source) -> Anatomy:
    """Read the blocks between `fLaC` and the first frame; ValueError without a STREAMINFO."""
    stream, metadata = source.once(_opened)
    if stream is None:
        raise ValueError("no STREAMINFO")
    source.tail(source.size, _reach(stream) + margins.USUAL)  # at once: tags, and the last frame
    audio = Span(metadata.end, margins.back(source, margins.front(source)))
    block = attempt(partial(_tags, source, metadata))
    around = margins.blocks(source)
    return Anatomy(info=told(stream, audio.size), blocks=[block, *around] if block else around)


def told(stream: Stream, size: int) -> Info:
    """Translate what is told of a stream of so many bytes; ValueError where it has no rate."""
    if not stream.rate:
        raise ValueError("a rate of 0")
    length = stream.total / stream.rate
    return Info(
        length=length,
        bitrate=round(size * 8 * stream.rate / stream.total) if stream.total and size > 0 else 0,
        sample_rate=stream.rate,
        channels=stream.channels,
        bits_per_sample=stream.bits,
        lossless=True,
    )


def examine(source: Source) -> Sound:
    """Find the last frame, and see whether it is the last of those that STREAMINFO promises."""
    stream, metadata = source.once(_opened)
    if metadata.end > source.size:
        return Sound(0, _within_headers(source, stream))
    audio = Span(metadata.end, margins.back(source, metadata.end))
    return Sound(audio.size, _missing(source, audio, stream) if stream and stream.total else "")


def essence(source: Source) -> Iterator[Span]:
    """Give all bytes behind the last metadata block."""
    start = source.once(_opened)[1].end
    yield Span(start, margins.back(source, start))


def _opened(source: Source) -> tuple[Stream | None, Metadata]:
    """Walk through the metadata, and read the first STREAMINFO."""
    metadata = blocks.walk(source, margins.front(source) + len(_MARK))
    for kind, start, _ in metadata.blocks:
        if kind == STREAMINFO:
            return flacframes.streaminfo(source.read(start, flacframes.STREAMINFO)), metadata
    return None, metadata


def _tags(source: Source, metadata: Metadata) -> Block:
    """Read the first block of comments, and all pictures."""
    start = end = 0
    for kind, *place in metadata.blocks:
        if kind == COMMENT and end == start:
            start, end = place
    source.allow(end - start)
    block = comments.read(source.read(start, end - start))
    for kind, start, end in metadata.blocks:
        if kind != PICTURE:
            continue
        source.allow(end - start)
        if block.full:
            break
        if picture := comments.picture(end - start, source.within(start, end)):
            block.embed(picture)
    return block


def _within_headers(source: Source, stream: Stream | None) -> str:
    """Metadata that goes on behind the end of the file; but frames there mean a wrong length."""
    tail = source.tail(source.size, _TAIL)
    sounds = stream and any(any(backwards(tail, stream, sync)) for sync in (FIXED, VARIABLE))
    return "" if sounds else "it ends within its headers"


def _reach(stream: Stream) -> int:
    """Bytes at the end that hold the beginning of the last frame."""
    known = stream.largest + flacframes.HEADER if stream.largest else _TAIL
    return min(known, _LONGEST)


def _missing(source: Source, audio: Span, stream: Stream) -> str:
    """Say how far the frames reach; "" where they are all there, or where none is seen."""
    reach = min(_reach(stream), audio.size)
    sync = VARIABLE if source.read(audio.start, 2) == VARIABLE else FIXED
    tail, furthest = source.tail(audio.end, reach), 0
    for at, end in backwards(tail, stream, sync):
        if end >= stream.total:
            cut = len(tail) - at < stream.least
            return "it ends within its last frame" if cut else ""
        furthest = max(furthest, end)
    if not furthest and reach < audio.size:
        return ""  # what stands at the end is no sound, so nobody knows what is missing
    rate = stream.rate or 1
    return ends(furthest / rate, stream.total / rate)
