"""Find the silent stretches of an audio file with FFmpeg's silencedetect filter.

The filter needs longer than decoding, so it gets only frames that may be silent, with those next to
them. A frame whose blocks all have a loud sample holds at most the edge of a silence: a block is
half of the shortest silence, so any silence covers a whole block, here or in the next frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from mediakeep.media import ffmpeg
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.filter_chain import run_filters
from mediakeep.media.encoding.pcm_source import PcmFormat, Progress

_START, _END = "lavfi.silence_start", "lavfi.silence_end"
_PROBES = 16  # samples of a block that are looked at
# How `memoryview` names a sample, and its full scale.
_SAMPLE_TYPES: dict[str, tuple[Any, float]] = {
    "s16": ("h", 1 << 15),
    "s32": ("i", 1 << 31),
    "flt": ("f", 1.0),
    "dbl": ("d", 1.0),
}


class SilentRange(NamedTuple):
    """A silent stretch, in seconds from the start of the file."""

    start: float
    end: float


def find_silence(
    path: Path,
    *,
    threshold: float = -50.0,
    min_seconds: float = 0.5,
    progress: Progress | None = None,
) -> list[SilentRange]:
    """Return the stretches in which all channels stay below a threshold, in dB of full scale.

    `progress` is called after each second of audio; what it raises stops the decoding. Raises
    Unreadable, NotAudio or DecodingFailed.
    """
    ranges, start = [], None
    with (
        pcm_source.open_source(path, progress, conceals=True) as source,
        ffmpeg.translate_errors(path),
    ):
        # The filter reports the last start and the last end in a frame, so that one must not be
        # longer than a silence.
        rate = source.format.sample_rate
        filters = [
            ("asetnsamples", f"n={max(1, min(int(min_seconds * rate), rate))}:p=0"),
            ("silencedetect", f"noise={threshold}dB:duration={min_seconds}"),
        ]
        may_hold_silence = _build_check(source.format, threshold, min_seconds)
        stretches = _iter_stretches(source.frames(), may_hold_silence)
        detected = (run_filters(source.format, filters, stretch) for stretch in stretches)
        for frame in chain.from_iterable(detected):
            metadata = frame.metadata
            times = [(float(metadata[key]), key) for key in (_START, _END) if key in metadata]
            for time, key in sorted(times):
                if key == _START:
                    start = max(0.0, time)
                elif start is not None:
                    ranges.append(SilentRange(start, time))
                    start = None
        if start is not None:
            ranges.append(SilentRange(start, source.samples / rate))
    return ranges


def _build_check(form: PcmFormat, threshold: float, min_seconds: float) -> Callable[[Any], bool]:
    """Return a function that tells whether a frame may contain silence."""
    name = form.sample_format.removesuffix("p")
    code, full_scale = _SAMPLE_TYPES.get(name, ("", 0))
    limit = full_scale * 10 ** (threshold / 20)
    channels = form.channels if name == form.sample_format else 1  # of planar audio, the first
    block = max(1, int(min_seconds * form.sample_rate) // 2) * channels
    step = max(1, block // _PROBES) | 1  # odd, so that it meets several channels

    def may_hold_silence(frame: Any) -> bool:
        size = frame.samples * channels
        samples = memoryview(frame.planes[0]).cast("B").cast(code)
        for start in range(0, size, block):
            probes = samples[start : min(start + block, size) : step]
            if max(probes) < limit and min(probes) > -limit:
                return True
        return not size

    return may_hold_silence if code else lambda _: True


def _iter_stretches(
    frames: Iterator[Any], may_hold_silence: Callable[[Any], bool]
) -> Iterator[Iterator[Any]]:
    """Yield the stretches of frames that may be silent, each with the loud frames next to it."""
    loud = list[Any]()

    def read_stretch(first: Any) -> Iterator[Any]:
        yield from (*loud, first)
        for frame in frames:
            yield frame
            if not may_hold_silence(frame):
                loud[:] = [frame]
                return

    for frame in frames:
        if may_hold_silence(frame):
            yield read_stretch(frame)
        else:
            loud[:] = [frame]
