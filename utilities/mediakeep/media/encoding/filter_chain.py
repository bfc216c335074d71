"""Convert PCM frames to another format with FFmpeg's filters: rate, channels, depth and volume."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from typing import Any

from msgspec import structs

from mediakeep.media import ffmpeg
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.pcm_source import PcmFormat

Filter = tuple[str, str]  # FFmpeg's name, and options


def run_filters(
    source: PcmFormat,
    filters: Iterable[Filter],
    frames: Iterable[Any],
    *,
    frame_size: int = 0,
    makes_pictures: bool = False,
) -> Iterator[Any]:
    """Yield what filters make of frames of a PcmFormat: frames, or pictures of them.

    `frame_size` is the number of samples in each
    resulting frame but the last, 0 for any.
    """
    av = ffmpeg.require_pyav()
    graph = av.filter.Graph()
    graph.threads = 1
    nodes = [
        graph.add_abuffer(
            sample_rate=source.sample_rate,
            format=source.sample_format,
            layout=source.filter_layout or source.layout,
            time_base=Fraction(1, source.sample_rate),
        )
    ]
    nodes += [graph.add(name, options) for name, options in filters]
    nodes.append(graph.add("buffersink" if makes_pictures else "abuffersink"))
    graph.link_nodes(*nodes).configure()
    if frame_size:
        graph.set_audio_frame_size(frame_size)
    for frame in chain(frames, [None]):  # None ends the stream
        graph.push(frame)
        with suppress(av.error.BlockingIOError, av.error.EOFError):  # more input needed, or the end
            while True:
                yield graph.pull()


def filter_frames(
    source: PcmFormat, filters: Iterable[Filter], frames: Iterable[Any]
) -> tuple[PcmFormat, Iterator[Any]]:
    """Return the format that filters give frames, and the frames; of none, that of the source.

    Its `bits` are 0, as all bits of computed samples count.
    """
    filtered = run_filters(source, filters, frames)
    first = next(filtered, None)
    if first is None:
        return source, iter(())
    found = PcmFormat(
        sample_rate=first.sample_rate,
        channels=first.layout.nb_channels,
        layout=pcm_source.name_layout(first.layout),
        sample_format=first.format.name,
        filter_layout=first.layout.name,
    )
    return found, chain([first], filtered)


def select_range(frames: Iterable[Any], start: int, end: int | None = None) -> Iterator[Any]:
    """Yield the samples from `start` up to, not with, `end`, counted from the first frame.

    What is after them need not be decoded.
    """
    return next(split_frames(frames, [(start, end)]), iter(()))


def split_frames(
    frames: Iterable[Any], ranges: Iterable[tuple[int, int | None]]
) -> Iterator[Iterator[Any]]:
    """Yield the frames of each range of samples, until there are no more; decode only once.

    The ranges are in order and do not overlap. The frames of one are read before the next is taken.
    """
    remaining = iter(frames)
    held, at = None, 0  # a frame, and the position of its first sample

    def take_until(end: int | None) -> Iterator[Any]:
        nonlocal held, at
        while end is None or at < end:
            frame, held = held or next(remaining, None), None
            if frame is None:
                return
            if end is not None and at + frame.samples > end:
                frame, held = pcm_source.split_frame(frame, end - at)
            at += frame.samples
            yield frame

    for start, end in ranges:
        deque(take_until(start), 0)
        held = held or next(remaining, None)
        if held is None:
            return
        yield take_until(end)


class FilterChain:
    """A filter graph that converts frames of one PcmFormat to another.

    `volume` is a gain in dB. Samples that lose bits are dithered.
    """

    def __init__(self, source: PcmFormat, target: PcmFormat, *, volume: float = 0.0) -> None:
        self._source, self._target, self._volume = source, target, volume
        self.samples = 0  # that came out

    def convert(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Yield the converted frames; `pts` counts samples from 0, in a time base of 1/rate."""
        time_base = Fraction(1, self._target.sample_rate)
        if self._volume or not _is_same(self._source, self._target):
            filters = list_conversions(self._source, self._target, self._volume)
            frames = run_filters(self._source, filters, frames)
        for frame in frames:
            frame.pts, frame.time_base = self.samples, time_base
            self.samples += frame.samples
            yield frame


def list_conversions(source: PcmFormat, target: PcmFormat, volume: float = 0.0) -> Iterator[Filter]:
    """Yield the filters that convert frames of a format to another one, with a gain in dB."""
    if volume:
        yield "volume", f"volume={volume}dB:precision=float"
    resample = f"osr={target.sample_rate}:ochl={target.layout}:osf={target.sample_format}"
    if _loses_bits(source, target, volume):
        resample += f":dither_method=triangular:output_sample_bits={target.bits}"
    yield "aresample", resample
    yield (
        "aformat",
        f"sample_fmts={target.sample_format}:sample_rates={target.sample_rate}"
        f":channel_layouts={target.layout}",
    )


def _is_same(source: PcmFormat, target: PcmFormat) -> bool:
    """Return True if frames need no conversion."""
    as_target = structs.replace(source, filter_layout="", bits=target.bits)
    return as_target == target and not _loses_bits(source, target, 0.0)


def _loses_bits(source: PcmFormat, target: PcmFormat, volume: float) -> bool:
    """Return True if the target has fewer significant bits than the computed samples."""
    is_computed = (
        bool(volume)
        or source.sample_rate != target.sample_rate
        or source.channels != target.channels
        or not source.bits
    )
    return bool(target.bits) and (is_computed or target.bits < source.bits)
