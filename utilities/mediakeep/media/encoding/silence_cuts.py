"""Choose where to cut audio: in the middle of its silences, or in its quietest windows."""

from __future__ import annotations

import bisect
import functools
import math
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mediakeep.media.encoding import audio_input, pcm_source, silence
from mediakeep.media.encoding.silence import SilentRange

_WINDOW = 0.05  # seconds, whose peak tells noise from sound
_MAX_WINDOWS = 4000  # of a file that tell its noise from its sound
_NOISE_SHARE = 0.05  # of the windows of a file are no louder than its noise
_SOUND_SHARE = 0.9
_ABOVE_NOISE = 0.25  # of the distance from noise to sound, in dB
_MIN_ABOVE_NOISE = 3.0  # dB
_THRESHOLDS = (-70.0, -20.0)  # dB; a found one is between them


class SilenceCuts(NamedTuple):
    """Where to cut a file, in seconds; the level in dB and the number of its silences.

    `without_silence` of the cuts are not in a silence.
    """

    cuts: list[float]
    threshold: float
    silences: int
    without_silence: int


def find_cuts(
    path: Path, threshold: float | None, min_silence: float, min_piece: float, longest: float
) -> SilenceCuts:
    """Return where to cut a file; without a threshold, one is found. Lengths are in seconds.

    A piece is no shorter than `min_piece`, and no longer than `longest`, unless that is 0.
    """
    with pcm_source.open_source(path) as source:
        rate, declared = source.format.sample_rate, source.declared_samples
    if threshold is None:
        step = max(1, round(declared / rate / _WINDOW / _MAX_WINDOWS))
        threshold = find_threshold(_iter_peaks(path, rate, step))
    samples = deque([0], 1)
    ranges = silence.find_silence(
        path,
        threshold=threshold,
        min_seconds=min_silence,
        progress=lambda done, _: samples.append(done),
    )
    cuts = choose_cuts(ranges, samples[0] / rate, min_piece)
    if longest:
        read_peaks = functools.cache(lambda: array("f", _iter_peaks(path, rate)))
        cuts = list(_join_pieces(cuts, ranges, samples[0] / rate, longest, read_peaks))
    middles = {(one.start + one.end) / 2 for one in ranges}
    return SilenceCuts(cuts, threshold, len(ranges), sum(cut not in middles for cut in cuts))


def find_threshold(peaks: Iterable[float]) -> float:
    """Return the level in dB below which a file is silent, from the peaks of its windows.

    It is a quarter of the way from the noise, which the quietest twentieth does not exceed, to the
    sound, which a tenth exceeds.
    """
    levels = sorted(peaks)
    if not levels:
        return _THRESHOLDS[0]
    noise = max(levels[int(len(levels) * _NOISE_SHARE)], _THRESHOLDS[0])
    sound = max(levels[int(len(levels) * _SOUND_SHARE)], noise)
    found = noise + max(_MIN_ABOVE_NOISE, (sound - noise) * _ABOVE_NOISE)
    return min(max(found, _THRESHOLDS[0]), _THRESHOLDS[1])


def _iter_peaks(path: Path, rate: int, step: int = 1) -> Iterator[float]:
    """Yield the peak of each window, or of one in `step`, in dB."""
    filters = [
        ("asetnsamples", f"n={max(1, round(_WINDOW * rate))}:p=0"),
        ("aselect", f"not(mod(n,{step}))"),
        ("astats", "metadata=1:reset=1:measure_perchannel=none:measure_overall=Peak_level"),
    ]
    for frame in audio_input.filter_file(path, filters):
        yield float(frame.metadata.get("lavfi.astats.Overall.Peak_level", "-inf"))


def choose_cuts(
    ranges: Sequence[SilentRange], seconds: float, min_piece: float = 0.0
) -> list[float]:
    """Return where to cut, in seconds: in the middle of silences, the longest ones first.

    No piece is shorter than `min_piece`.
    """
    cuts = [0.0, seconds]
    inner = [one for one in ranges if one.start > 0 and one.end < seconds]
    for one in sorted(inner, key=lambda one: one.start - one.end):
        middle = (one.start + one.end) / 2
        at = bisect.bisect(cuts, middle)
        if middle - cuts[at - 1] >= min_piece <= cuts[at] - middle:
            cuts.insert(at, middle)
    return cuts[1:-1]


def _join_pieces(
    cuts: Sequence[float],
    ranges: Sequence[SilentRange],
    seconds: float,
    longest: float,
    read_peaks: Callable[[], Sequence[float]],
) -> Iterator[float]:
    """Yield the cut with the longest silence in the second half of each longest piece.

    If there is no silence, it is cut in the quietest window of its second half.
    """
    length = {(one.start + one.end) / 2: one.end - one.start for one in ranges}
    start = 0.0
    while seconds - start > longest:
        middle, end = start + longest / 2, start + longest
        within = cuts[bisect.bisect(cuts, start) : bisect.bisect(cuts, end)]
        late = [cut for cut in within if cut > middle] or within
        if late:
            start = max(late, key=lambda cut: length[cut])
        else:
            peaks = read_peaks()
            windows = range(math.ceil(middle / _WINDOW), min(int(end / _WINDOW), len(peaks)))
            quietest = min(windows, key=peaks.__getitem__, default=end / _WINDOW - 0.5)
            start = (quietest + 0.5) * _WINDOW
        yield start
