"""Measure loudness after EBU R128 (ITU-R BS.1770-4), of tracks and of whole albums.

Each track is decoded once. FFmpeg's ebur128 filter measures its blocks and its true peak; the
gating is done here, because that of an album needs the blocks of all its tracks. Measurements are
small and may come from several processes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from mediakeep.media.encoding.filter_chain import run_filters
from mediakeep.media.encoding.pcm_source import PcmSource

_PER_LU = 100  # loudness is counted in hundredths of a LU
_ABSOLUTE_GATE = -70.0  # LUFS
_RELATIVE_GATE = -10.0  # LU
_STEP = 0.1  # seconds between two blocks
_PADDING = ("apad", f"pad_dur={_STEP}")
_METER_OPTIONS = "metadata=1:framelog=quiet"
_FIRST_BLOCK = 3  # steps of 100 ms before 400 ms are complete
_REPLAYGAIN_REFERENCE = -18.0  # LUFS


class TrackMeasurement(msgspec.Struct):
    """What was measured of a track: counts of the loudness of its blocks in hundredths of a LU.

    `peak` is the true peak, where 1.0 is full scale, or None if it was not measured.
    """

    blocks: dict[int, int] = {}
    peak: float | None = 0.0


class Loudness(msgspec.Struct, frozen=True):
    """The loudness of a track or an album.

    `integrated` is in LUFS, or None for silence or less than 400 ms. `peak` is the true peak, where
    1.0 is full scale, or None if it was not measured of all tracks.
    """

    integrated: float | None
    peak: float | None

    @property
    def replaygain(self) -> float:
        """The ReplayGain 2.0 gain in dB, 0.0 if the loudness is unknown."""
        return 0.0 if self.integrated is None else _REPLAYGAIN_REFERENCE - self.integrated


def measure_frames(
    source: PcmSource,
    frames: Iterable[Any],
    *,
    filters: Iterable[tuple[str, str]] = (),
    with_peak: bool = True,
) -> TrackMeasurement:
    """Measure all frames of an open source; without the true peak, it takes half as long.

    Filters of FFmpeg may change them before, but not their number.
    """
    measurement = TrackMeasurement(peak=0.0 if with_peak else None)
    measured = _iter_measurements(source, frames, filters, with_peak=with_peak)
    for step, (values, is_complete) in enumerate(measured):
        if measurement.peak is not None:
            measurement.peak = max(measurement.peak, float(values["lavfi.r128.true_peak"]))
        if not is_complete:
            break
        if step >= _FIRST_BLOCK:
            _count(measurement.blocks, values["lavfi.r128.M"])
    return measurement


def compute_loudness(measurements: Iterable[TrackMeasurement]) -> Loudness:
    """Return the loudness of one track, or of the album that several tracks make."""
    blocks: Counter[int] = Counter()
    peaks: list[float | None] = []
    for measurement in measurements:
        blocks.update(measurement.blocks)
        peaks.append(measurement.peak)
    peak = None if None in peaks else max(filter(None, peaks), default=0.0)
    return Loudness(_mean(_gate(blocks)) if blocks else None, peak)


def _iter_measurements(
    source: PcmSource,
    frames: Iterable[Any],
    filters: Iterable[tuple[str, str]],
    *,
    with_peak: bool,
) -> Iterator[tuple[Mapping[str, str], bool]]:
    """Yield what the filter measured after each 100 ms, and whether these are all audio.

    The last step is padded with silence, because the filter returns complete steps only.
    """
    meter = ("ebur128", _METER_OPTIONS + (":peak=true" if with_peak else ""))
    end = 0
    for frame in run_filters(source.format, (*filters, _PADDING, meter), frames):
        if values := frame.metadata:  # not the last, incomplete step
            end += frame.samples
            yield values, end <= source.samples


def _count(counts: dict[int, int], text: str) -> None:
    value = float(text)
    if value > _ABSOLUTE_GATE:
        key = round(value * _PER_LU)
        counts[key] = counts.get(key, 0) + 1


def _gate(counts: Mapping[int, int]) -> dict[int, int]:
    """Return the counts of values above a gate relative to the mean of all."""
    threshold = (_mean(counts) + _RELATIVE_GATE) * _PER_LU
    return {value: count for value, count in counts.items() if value >= threshold}


def _mean(counts: Mapping[int, int]) -> float:
    """Return the mean loudness, in LUFS; it is that of the energies."""
    energy = sum(10 ** (value / _PER_LU / 10) * count for value, count in counts.items())
    return 10 * math.log10(energy / sum(counts.values()))
