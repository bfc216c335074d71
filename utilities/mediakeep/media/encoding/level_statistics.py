"""Measure levels, loudness, silence, clipping, DC offset, speech and bandwidth of an audio file."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from mediakeep.media.encoding import audio_input, filter_chain, silence
from mediakeep.media.speech import detection

_STATS, _R128 = "lavfi.astats.Overall.", "lavfi.r128."
_CLIPPED = -0.01  # dB of full scale
_SPEECH = 0.5  # probability
_PAD = 0.1  # seconds; the meter returns complete steps only
_MIN_LOUDNESS_SECONDS = 0.4  # one block of EBU R128
# The whole spectrum as one column of gray pixels, from the highest frequency down to 0; black is
# a level 90 dB below full scale or less.
_ROWS = 512
_SPECTRUM = (
    f"s=1x{_ROWS}:legend=0:mode=combined:color=channel:saturation=0"
    ":scale=log:drange=90:win_func=bharris"
)
_BLACK = 16  # of limited range


def measure_levels(path: Path, threshold: float) -> dict[str, float | int | None]:
    """Return the values of a file; levels are in dB of full scale, shares from 0 to 1."""
    with audio_input.open_input(path) as opened:
        source, filters = opened.source, [("astats", "metadata=1:measure_perchannel=none")]
        [last] = deque(filter_chain.run_filters(source.format, filters, opened.frames), 1)
        stats = dict(last.metadata)
    rate, seconds = source.format.sample_rate, source.samples / source.format.sample_rate
    meter = [("apad", f"pad_dur={_PAD}"), ("ebur128", "metadata=1:framelog=quiet:peak=true")]
    r128 = [frame.metadata for frame in audio_input.filter_file(path, meter) if frame.metadata][-1]
    ranges = silence.find_silence(path, threshold=threshold)
    peak, true_peak = _to_number(stats, f"{_STATS}Peak_level"), float(r128[f"{_R128}true_peak"])
    is_measurable = peak is not None and seconds >= _MIN_LOUDNESS_SECONDS
    is_clipped = peak is not None and peak > _CLIPPED
    return {
        "seconds": round(seconds, 3),
        "sample_rate": rate,
        "channels": source.format.channels,
        "rms": _to_number(stats, f"{_STATS}RMS_level"),
        "peak": peak,
        "true_peak": round(20 * math.log10(true_peak), 2) if true_peak else None,
        "loudness": _to_number(r128, f"{_R128}I") if is_measurable else None,
        "loudness_range": _to_number(r128, f"{_R128}LRA") if is_measurable else None,
        "silence_share": round(sum(one.end - one.start for one in ranges) / seconds, 4),
        "clipped_samples": int(float(stats[f"{_STATS}Peak_count"])) if is_clipped else 0,
        "dc_offset": _to_number(stats, f"{_STATS}DC_offset", 6),
        "speech_share": _measure_speech(path) if detection.is_installed() else None,
        "cut_off": find_cut_off(path, rate),
    }


def find_cut_off(path: Path, rate: int) -> int:
    """Return the highest frequency in Hz whose level is above -90 dB of full scale, 0 if none."""
    [picture] = audio_input.filter_file(path, [("showspectrumpic", _SPECTRUM)], makes_pictures=True)
    plane = picture.reformat(format="gray").planes[0]
    rows = memoryview(plane)[:: plane.line_size]
    row = next((row for row, level in enumerate(rows) if level > _BLACK), _ROWS)
    return round((_ROWS - row) / _ROWS * rate / 2)


def _measure_speech(path: Path) -> float:
    probabilities = list(detection.measure_speech(path))
    return round(sum(one >= _SPEECH for one in probabilities) / max(1, len(probabilities)), 4)


def _to_number(values: Mapping[str, str], name: str, digits: int = 2) -> float | None:
    """Return a measured value, or None if it is not a finite number."""
    number = float(values.get(name, "nan"))
    return round(number, digits) if math.isfinite(number) else None
