"""FLAC: metadata blocks, then numbered frames, after RFC 9639."""

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
_TAIL, _LONGEST = 65_536, 262_144  # bytes searched: frame size unknown, maximum


def read(source: Source) -> Anatomy:
    """Parse the metadata blocks; raise ValueError if there is no STREAMINFO."""
    stream, metadata = source.once(_opened)
    if stream is None:
        raise ValueError("no STREAMINFO")
    source.tail(source.size, _reach(stream) + margins.USUAL)  # one read for all
    audio = Span(metadata.end, margins.back(source, margins.front(source)))
    block = attempt(partial(_tags, source, metadata))
    surrounding = margins.blocks(source)
    return Anatomy(
        info=told(stream, audio.size), blocks=[block, *surrounding] if block else surrounding
    )


def told(stream: Stream, size: int) -> Info:
    """Build stream info for `size` bytes of audio; raise ValueError if the sample rate is 0."""
    if not stream.rate:
        raise ValueError("sample rate 0")
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
    """Check that the last frame reaches the number of samples in STREAMINFO."""
    stream, metadata = source.once(_opened)
    if metadata.end > source.size:
        return Sound(0, _within_headers(source, stream))
    audio = Span(metadata.end, margins.back(source, metadata.end))
    return Sound(audio.size, _missing(source, audio, stream) if stream and stream.total else "")


def essence(source: Source) -> Iterator[Span]:
    """Yield all bytes after the last metadata block."""
    start = source.once(_opened)[1].end
    yield Span(start, margins.back(source, start))


def _opened(source: Source) -> tuple[Stream | None, Metadata]:
    """Read the metadata blocks and parse the first STREAMINFO."""
    metadata = blocks.walk(source, margins.front(source) + len(_MARK))
    for kind, start, _ in metadata.blocks:
        if kind == STREAMINFO:
            return flacframes.streaminfo(source.read(start, flacframes.STREAMINFO)), metadata
    return None, metadata


def _tags(source: Source, metadata: Metadata) -> Block:
    """Read the first comment block and all pictures."""
    start = end = 0
    for kind, *extent in metadata.blocks:
        if kind == COMMENT and end == start:
            start, end = extent
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
    """Return the reason if the metadata is truncated; frames at the end mean a wrong size."""
    tail = source.tail(source.size, _TAIL)
    has_frames = stream and any(any(backwards(tail, stream, sync)) for sync in (FIXED, VARIABLE))
    return "" if has_frames else "it ends within its headers"


def _reach(stream: Stream) -> int:
    """Return the number of bytes at the end that contain the start of the last frame."""
    size = stream.largest + flacframes.HEADER if stream.largest else _TAIL
    return min(size, _LONGEST)


def _missing(source: Source, audio: Span, stream: Stream) -> str:
    """Return how far the frames reach; "" if all are there, or if none is found."""
    reach = min(_reach(stream), audio.size)
    sync = VARIABLE if source.read(audio.start, 2) == VARIABLE else FIXED
    tail, furthest = source.tail(audio.end, reach), 0
    for offset, end in backwards(tail, stream, sync):
        if end >= stream.total:
            is_truncated = len(tail) - offset < stream.least
            return "it ends within its last frame" if is_truncated else ""
        furthest = max(furthest, end)
    if not furthest and reach < audio.size:
        return ""  # the end is no audio, so what is missing is unknown
    rate = stream.rate or 1
    return ends(furthest / rate, stream.total / rate)
