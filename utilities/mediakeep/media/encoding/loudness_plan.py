"""Plan the volume filters that give a file a loudness, in two passes.

The first measures, the second changes the volume. Where peaks would exceed the limit, a limiter
lowers them, and the volume is corrected by what was measured after it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mediakeep.media.encoding import audio_input, loudness, pcm_source
from mediakeep.media.encoding.filter_chain import Filter
from mediakeep.media.encoding.loudness import Loudness, TrackMeasurement

_TOLERANCE = 0.05  # LU
_ROUNDS = 4  # of corrections after the limiter
_OVERSAMPLING = 192_000  # Hz, at which the limiter sees peaks between samples
_HEADROOM = 0.3  # dB that encoding and resampling may add to the peak


class LoudnessPlan:
    """The gain and the limiter that give a file its loudness, corrected by what is measured."""

    def __init__(self, before: Loudness, gain: float, peak: float, sample_rate: int) -> None:
        self._before, self._peak, self._sample_rate = before, peak, sample_rate
        self._gain = self._total = gain
        self._loudness = None if before.integrated is None else before.integrated + gain
        self._target = self._loudness

    @property
    def is_limited(self) -> bool:
        """Return True if peaks would exceed the limit."""
        before = self._before.peak
        return bool(before) and 20 * math.log10(before or 1) + self._total > self._peak

    def list_filters(self) -> list[Filter]:
        """Return the filters for the gain so far; of silence, none."""
        if self._target is None:
            return []
        filters = [
            ("aformat", "sample_fmts=fltp|dblp"),
            ("volume", f"volume={self._total:.4f}dB:precision=double"),
        ]
        if self.is_limited:
            limit = 10 ** ((self._peak - _HEADROOM) / 20)
            filters += [
                ("aresample", str(_OVERSAMPLING)),
                ("alimiter", f"limit={limit:.6f}:level=disabled:latency=1:attack=5:release=50"),
                ("aresample", str(self._sample_rate)),
            ]
        return filters

    def correct(self, measured: TrackMeasurement) -> bool:
        """Change the gain by what is measured after it; return False if that is near enough."""
        found = loudness.compute_loudness([measured]).integrated
        if self._target is None or found is None:
            return False
        self._loudness, error = found, self._target - found
        self._total += error
        return abs(error) > _TOLERANCE

    def describe(self) -> dict[str, Any]:
        """Return the metrics: the loudness before and after, the gain, and if peaks are limited."""
        before, after = self._before.integrated, self._loudness
        return {
            "loudness_before": None if before is None else round(before, 2),
            "loudness": None if after is None else round(after, 2),
            "gain": round(self._gain, 2),
            "limited": self.is_limited,
        }


def plan_loudness(
    path: Path,
    target: float,
    peak: float,
    combined: dict[str, float] | None = None,
    earlier: Sequence[Filter] = (),
) -> LoudnessPlan:
    """Measure a file after `earlier` filters, and return the plan for its loudness in LUFS.

    `combined` is the loudness of its album, whose gain it gets.
    """
    rate = audio_input.read_format(path).sample_rate
    before = loudness.compute_loudness([measure_file(path, earlier, with_peak=True)])
    reference = (combined or {}).get("integrated", before.integrated)
    plan = LoudnessPlan(before, 0.0 if reference is None else target - reference, peak, rate)
    for _ in range(_ROUNDS):
        filters = [*earlier, *plan.list_filters()]
        if not plan.is_limited or not plan.correct(measure_file(path, filters)):
            break
    return plan


def measure_file(
    path: Path, filters: Sequence[Filter] = (), *, with_peak: bool = False
) -> TrackMeasurement:
    """Return the loudness of a file after filters; it need not be without damage."""
    with pcm_source.open_source(path) as source:
        frames = source.frames(lambda *_: None)
        return loudness.measure_frames(source, frames, filters=filters, with_peak=with_peak)
