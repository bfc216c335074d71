"""Convert PCM frames to another format with FFmpeg's filters: rate, channels, depth and volume."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from typing import Any

from mediakeep.media import ffmpeg
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.pcm_source import PcmFormat


def run_filters(
    source: PcmFormat,
    filters: Iterable[tuple[str, str]],
    frames: Iterable[Any],
    *,
    frame_size: int = 0,
    makes_pictures: bool = False,
) -> Iterator[Any]:
    """Yield what filters make of frames of a PcmFormat: frames, or pictures of them.

    A filter is FFmpeg's name and its options. `frame_size` is the number of samples in each
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
    source: PcmFormat, filters: Iterable[tuple[str, str]], frames: Iterable[Any]
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


def select_range(
    source: PcmFormat, frames: Iterable[Any], start: int, end: int | None = None
) -> Iterator[Any]:
    """Yield the samples from `start` up to, not with, `end`, counted from the first frame."""
    options = f"start_sample={start}" + ("" if end is None else f":end_sample={end}")
    return run_filters(source, [("atrim", options)], _take_until(frames, end))


def split_frames(
    source: PcmFormat, frames: Iterable[Any], ranges: Iterable[tuple[int, int | None]]
) -> Iterator[Iterator[Any]]:
    """Yield the frames of each range of samples, until there are no more; decode only once.

    The ranges are in order and do not overlap. The frames of one are read before the next is taken.
    """
    remaining = iter(frames)
    held, at = next(remaining, None), 0  # a frame, and the position of its first sample
    for start, end in ranges:
        while held is not None and at + held.samples <= start:
            at, held = at + held.samples, next(remaining, None)
        if held is None:
            return

        def iter_held(end: int | None = end) -> Iterator[Any]:
            nonlocal held, at
            while held is not None:
                yield held
                if end is not None and at + held.samples > end:
                    return
                at, held = at + held.samples, next(remaining, None)

        yield select_range(source, iter_held(), start - at, None if end is None else end - at)


def _take_until(frames: Iterable[Any], end: int | None) -> Iterator[Any]:
    """Yield frames until they hold `end` samples; what is not wanted need not be decoded."""
    taken = 0
    for frame in frames:
        yield frame
        taken += frame.samples
        if end is not None and taken >= end:
            return


class FilterChain:
    """A filter graph that converts frames of one PcmFormat to another.

    `volume` is a gain in dB. Samples that lose bits are dithered.
    """

    def __init__(self, source: PcmFormat, target: PcmFormat, *, volume: float = 0.0) -> None:
        self._source, self._target, self._volume = source, target, volume
        self.samples = 0  # that came out

    def convert(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Yield the converted frames; `pts` counts samples from 0, in a time base of 1/rate."""
        filters, time_base = self._list_filters(), Fraction(1, self._target.sample_rate)
        for frame in run_filters(self._source, filters, frames):
            frame.pts, frame.time_base = self.samples, time_base
            self.samples += frame.samples
            yield frame

    def _list_filters(self) -> Iterator[tuple[str, str]]:
        source, target = self._source, self._target
        if self._volume:
            yield "volume", f"volume={self._volume}dB:precision=float"
        resample = f"osr={target.sample_rate}:ochl={target.layout}:osf={target.sample_format}"
        if _loses_bits(source, target, self._volume):
            resample += f":dither_method=triangular:output_sample_bits={target.bits}"
        yield "aresample", resample
        yield (
            "aformat",
            f"sample_fmts={target.sample_format}:sample_rates={target.sample_rate}"
            f":channel_layouts={target.layout}",
        )


def _loses_bits(source: PcmFormat, target: PcmFormat, volume: float) -> bool:
    """Return True if the target has fewer significant bits than the computed samples."""
    is_computed = (
        bool(volume)
        or source.sample_rate != target.sample_rate
        or source.channels != target.channels
        or not source.bits
    )
    return bool(target.bits) and (is_computed or target.bits < source.bits)
