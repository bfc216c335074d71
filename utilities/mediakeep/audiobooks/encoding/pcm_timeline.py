"""Read the PCM of a book from any position on, in the same samples as from its start.

1. A file is decoded from the last known packet before the position.
2. It is resampled alone, from a sample at which the phase of the resampler is 0, so that each
   output sample gets the same filter coefficients as in a conversion of the whole file.
3. The first samples are dropped, until the filter is filled with audio.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep.audiobooks.encoding.book_plan import BookFormat, BookPlan, CountedSource
from mediakeep.errors import EncodingFailed
from mediakeep.media import ffmpeg, open_file
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.filter_chain import FilterChain
from mediakeep.media.encoding.pcm_source import PacketPosition, PcmFormat, PositionLost

_END_MARGIN = 5  # seconds before the end of a file, to be trimmed exactly
_MERGED = 16_384  # samples
_WARM_UP = 4096  # samples of the book; the longest filter, from 8 kHz, needs 83
# FFmpeg keeps the power, not the level: mono is quieter in stereo, and stereo louder in mono.
_MONO_GAIN = 20 * math.log10(math.sqrt(2))  # dB
_CHANGED_HINT = "Run again when no other program changes it."


def read_book(plan: BookPlan, start: int, end: int, size: int) -> Iterator[Any]:
    """Yield the samples of a book from `start` up to, not with, `end`, in frames of `size`.

    The last frame may be shorter; `pts` is the position. Raises EncodingFailed if a file is not as
    it was counted, and what decoding raises.
    """
    position = start
    with closing(_read_sources(plan, start, end)) as frames:
        reader = FrameReader(frames)
        while position < end and (frame := reader.read(min(size, end - position))):
            frame.pts, frame.time_base = position, Fraction(1, plan.format.sample_rate)
            position += frame.samples
            yield frame


def _read_sources(plan: BookPlan, start: int, end: int) -> Generator[Any, None, None]:
    for source, first in zip(plan.sources, plan.starts, strict=True):
        if first < end and first + source.samples > start:
            yield from read_source(source, plan.format, max(0, start - first), end - first)


def read_source(
    source: CountedSource, book_format: BookFormat, start: int = 0, end: int | None = None
) -> Iterator[Any]:
    """Yield the samples of a file in the book's format, from a sample of the book's rate on.

    Those after `end` are not wanted, but some may follow.
    """
    if identify(source.path) != (source.size, source.mtime_ns):
        cause = "another program changed it after its samples were counted"
        raise EncodingFailed(source.path, cause, _CHANGED_HINT)
    packet = _find_packet(source, book_format, start)
    margin = _END_MARGIN * book_format.sample_rate
    if end is None or end + margin > source.samples:
        packet = PacketPosition(packet.packet, packet.sample)
    try:
        yield from _read_from(source, book_format, packet, start)
    except PositionLost:
        yield from _read_from(source, book_format, PacketPosition(0, 0), start)


def _read_from(
    source: CountedSource, book_format: BookFormat, packet: PacketPosition, start: int
) -> Iterator[Any]:
    """Yield the samples of a file from `start` on, decoded from a packet on."""
    with pcm_source.open_source(source.audio_path, start=packet, conceals=True) as opened:
        first = _align(packet.sample, source.format, book_format)
        position = first * book_format.sample_rate // source.format.sample_rate
        frames = skip_samples(opened.frames(), first - packet.sample)
        for frame in skip_samples(convert(frames, opened.format, book_format), start - position):
            start += frame.samples
            yield frame
    if start != source.samples:
        cause = f"it has {start:,} samples, not {source.samples:,} as counted before"
        raise EncodingFailed(source.path, cause, _CHANGED_HINT)


def identify(path: Path) -> tuple[int, int]:
    """Return the size and the modification time (ns) of a file; raise Unreadable."""
    with open_file.translate_errors(path):
        status = path.stat()
    return status.st_size, status.st_mtime_ns


def convert(frames: Iterable[Any], source: PcmFormat, book_format: BookFormat) -> Iterable[Any]:
    """Convert the frames of one file to the format of a book, at the same level."""
    target = book_format.pcm
    if structs.replace(source, filter_layout="") == target:
        return frames
    channels = (source.channels, book_format.channels)
    gain = {(1, 2): _MONO_GAIN, (2, 1): -_MONO_GAIN}.get(channels, 0.0)
    merged = FrameReader(frames).read_all(_MERGED)  # each call of a filter has a cost
    return FilterChain(source, target, volume=gain).convert(merged)


def skip_samples(frames: Iterable[Any], count: int) -> Iterator[Any]:
    """Yield frames without their first `count` samples."""
    for frame in frames:
        frame.pts = None  # that of the source is not that of the result
        if count >= frame.samples:
            count -= frame.samples
        elif count:
            fifo = ffmpeg.require_pyav().AudioFifo()
            fifo.write(frame)
            fifo.read(count)
            count = 0
            yield fifo.read()
        else:
            yield frame


class FrameReader:
    """Reads any number of samples at a time from frames."""

    def __init__(self, frames: Iterable[Any]) -> None:
        self._frames = iter(frames)
        self._fifo = ffmpeg.require_pyav().AudioFifo()

    def read(self, count: int) -> Any:
        """Return a frame with the next `count` samples, fewer at the end, or None after it."""
        while self._fifo.samples < count and (frame := next(self._frames, None)) is not None:
            frame.pts = None  # the FIFO checks the order of timestamps
            self._fifo.write(frame)
        available = self._fifo.samples
        return self._fifo.read(min(count, available)) if available else None

    def read_all(self, count: int) -> Iterator[Any]:
        """Yield frames of `count` samples until the end; the last one may be shorter."""
        while (frame := self.read(count)) is not None:
            yield frame


def _find_packet(source: CountedSource, book_format: BookFormat, start: int) -> PacketPosition:
    """Return the last position that is early enough to read from sample `start` on."""
    rate = source.format.sample_rate
    found = PacketPosition(0, 0)
    for position in source.positions:
        first = _align(position.sample, source.format, book_format)
        if first * book_format.sample_rate // rate + _WARM_UP > start:
            break
        found = position
    return found


def _align(sample: int, source: PcmFormat, book_format: BookFormat) -> int:
    """Return the next sample of a file at which a sample of the book is at the same time."""
    unit = source.sample_rate // math.gcd(source.sample_rate, book_format.sample_rate)
    return -(-sample // unit) * unit
