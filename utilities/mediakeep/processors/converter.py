"""Convert audio to another format, sample rate, channel count, bit depth or loudness.

Loudness takes two passes: the first measures, the second changes the volume. Where peaks would
exceed the limit, a limiter lowers them, and the volume is corrected by what was measured after it,
and after lossy encoding, resampling and mixing, which change the loudness, too.
For albums, `measure` and `combine_measurements` give all files the same gain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mediakeep.media.encoding import filter_chain, pcm_source
from mediakeep.media.encoding import loudness as meter
from mediakeep.media.encoding.loudness import Loudness, TrackMeasurement
from mediakeep.processors import audio_input, audio_output
from mediakeep.processors.audio_output import AudioParameters
from mediakeep.processors.interface import Category, Description, Processor, ProcessResult

_TOLERANCE = 0.05  # LU
_ROUNDS = 4  # of corrections after the limiter
_ENCODINGS = 3  # of a file, until it has its loudness
_OVERSAMPLING = 192_000  # Hz, at which the limiter sees peaks between samples
_HEADROOM = 0.3  # dB that encoding and resampling may add to the peak


Filter = tuple[str, str]  # FFmpeg's name, and options


class ConverterParameters(AudioParameters, frozen=True, kw_only=True):
    """The parameters of `converter`."""

    sample_rate: Annotated[
        int,
        Meta(ge=0, le=768_000, description="Sample rate; 0: as the input.", extra={"unit": "Hz"}),
    ] = 0
    channels: Annotated[
        int, Meta(ge=0, le=8, description="Number of channels; 0: as the input.")
    ] = 0
    bits: Annotated[
        int,
        Meta(ge=0, le=24, description="Bits of a sample; 0: as the input.", extra={"unit": "bit"}),
    ] = 0
    loudness: (
        Annotated[
            float,
            Meta(
                ge=-70, le=-5, description="Integrated loudness (EBU R128).", extra={"unit": "LUFS"}
            ),
        ]
        | None
    ) = None
    peak: Annotated[
        float,
        Meta(ge=-20, le=0, description="Highest true peak with loudness.", extra={"unit": "dBTP"}),
    ] = -1.0
    continue_on_error: Annotated[
        bool, Meta(description="Replace damaged audio by silence, instead of failing.")
    ] = False


def process(
    input_path: Path, output_dir: Path, *, combined: Any = None, **params: Any
) -> ProcessResult:
    """Convert a file; `combined` is the loudness of its album, else it is measured."""
    wanted, plan = ConverterParameters(**params), None
    if wanted.loudness is not None:
        plan = plan_loudness(input_path, wanted.loudness, wanted.peak, combined)
    numbers = {name: getattr(wanted, name) for name in ("sample_rate", "channels", "bits")}
    return write_filtered(
        input_path,
        output_dir,
        wanted,
        plan=plan,
        conceals=wanted.continue_on_error,
        **numbers,
    )


def write_filtered(
    input_path: Path,
    output_dir: Path,
    wanted: AudioParameters,
    filters: Sequence[Filter] = (),
    *,
    sample_range: tuple[int, int | None] | None = None,
    plan: LoudnessPlan | None = None,
    conceals: bool = False,
    **numbers: int,
) -> ProcessResult:
    """Write the input, or a range of its samples, with filters applied, and with a loudness.

    If encoding may change the loudness, the new file is measured, and encoded again with another
    gain. `conceals` replaces what is damaged by silence. `numbers` are the sample rate, channels
    and bits that `choose_parameters` takes.
    """
    with audio_output.open_outputs(output_dir, input_path) as outputs:
        for number in range(_ENCODINGS):
            if number:
                outputs.discard_last()
            with audio_input.open_input(input_path, conceals=conceals) as opened:
                parameters = audio_output.choose_parameters(opened.facts, wanted, **numbers)
                found, frames = opened.format, opened.frames
                if sample_range:
                    frames = filter_chain.select_range(frames, *sample_range)
                if applied := [*filters, *(plan.list_filters() if plan else ())]:
                    found, frames = filter_chain.filter_frames(found, applied, frames)
                written = outputs.write(
                    input_path.stem, frames, found, parameters, tags=opened.read_tags()
                )
            target = (parameters.sample_rate, parameters.channels)
            is_exact = parameters.profile.lossless and target == (found.sample_rate, found.channels)
            if plan is None or is_exact or not plan.correct(_measure(outputs.last)):
                break
        metrics = {
            **(plan.describe() if plan else {}),
            "seconds": round(written.seconds, 3),
            "sample_rate": written.sample_rate,
            **({"damage": opened.find_damage()} if conceals else {}),
        }
        return ProcessResult(True, outputs.place(output_dir), metrics)


def measure(path: Path, parameters: ConverterParameters) -> dict[str, Any] | None:
    """Return the measurement of a file for the loudness of its album; None if that is not asked."""
    if parameters.loudness is None:
        return None
    result: dict[str, Any] = msgspec.to_builtins(_measure(path), str_keys=True)
    return result


def combine_measurements(
    measured: Sequence[Any], _: ConverterParameters
) -> dict[str, float] | None:
    """Return the loudness of all files together, in LUFS."""
    found = [msgspec.convert(one, TrackMeasurement, str_keys=True) for one in measured if one]
    album = meter.compute_loudness(found).integrated if found else None
    return None if album is None else {"integrated": album}


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
        found = meter.compute_loudness([measured]).integrated
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
    before = meter.compute_loudness([_measure(path, earlier, with_peak=True)])
    reference = (combined or {}).get("integrated", before.integrated)
    plan = LoudnessPlan(before, 0.0 if reference is None else target - reference, peak, rate)
    for _ in range(_ROUNDS):
        filters = [*earlier, *plan.list_filters()]
        if not plan.is_limited or not plan.correct(_measure(path, filters)):
            break
    return plan


def _measure(
    path: Path, filters: Sequence[Filter] = (), *, with_peak: bool = False
) -> TrackMeasurement:
    """Return the loudness of a file after filters; it need not be without damage."""
    with pcm_source.open_source(path) as source:
        frames = source.frames(lambda *_: None)
        return meter.measure_frames(source, frames, filters=filters, with_peak=with_peak)


DESCRIPTION = Description(
    "converter",
    "1",
    Category.MANIPULATION,
    "Convert audio to another format, sample rate, number of channels, bit depth or loudness.",
    ConverterParameters,
)
PROCESSOR = Processor(DESCRIPTION, process, measure=measure, combine=combine_measurements)
