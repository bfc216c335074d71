"""Convert audio to another format, sample rate, channel count, bit depth or loudness.

Loudness takes two passes: the first measures, the second changes the volume. Where peaks would
exceed the limit, a limiter lowers them, and the volume is corrected by what was measured after it.
For albums, `measure` and `combine` give all files the same gain.
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
_OVERSAMPLING = 192_000  # Hz, at which the limiter sees peaks between samples
_HEADROOM = 0.3  # dB that encoding and resampling may add to the peak


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


def process(
    input_path: Path, output_dir: Path, *, combined: Any = None, **params: Any
) -> ProcessResult:
    """Convert a file; `combined` is the loudness of its album, else it is measured."""
    wanted = ConverterParameters(**params)
    metrics: dict[str, Any] = {}
    filters: list[tuple[str, str]] = []
    if wanted.loudness is not None:
        filters, metrics = plan_gain(input_path, wanted.loudness, wanted.peak, combined)
    with audio_output.open_outputs(output_dir, input_path) as outputs:
        with audio_input.open_input(input_path) as opened:
            parameters = audio_output.choose_parameters(
                opened.facts,
                wanted,
                sample_rate=wanted.sample_rate,
                channels=wanted.channels,
                bits=wanted.bits,
            )
            source_format, frames = opened.format, opened.frames
            if filters:
                source_format, frames = filter_chain.filter_frames(source_format, filters, frames)
            written = outputs.write(
                input_path.stem, frames, source_format, parameters, tags=opened.read_tags()
            )
        metrics |= {"samples": written.samples, "sample_rate": written.sample_rate}
        return ProcessResult(True, outputs.place(output_dir), metrics)


def measure(path: Path, parameters: ConverterParameters) -> dict[str, Any] | None:
    """Return the measurement of a file for the loudness of its album; None if that is not asked."""
    if parameters.loudness is None:
        return None
    result: dict[str, Any] = msgspec.to_builtins(_measure(path, []), str_keys=True)
    return result


def combine(measured: Sequence[Any], _: ConverterParameters) -> dict[str, float] | None:
    """Return the loudness of all files together, in LUFS."""
    found = [msgspec.convert(one, TrackMeasurement, str_keys=True) for one in measured if one]
    album = meter.compute_loudness(found).integrated if found else None
    return None if album is None else {"integrated": album}


def plan_gain(
    path: Path,
    target: float,
    peak: float,
    combined: dict[str, float] | None,
    earlier: Sequence[tuple[str, str]] = (),
) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """Return the filters that give a file its loudness after `earlier` ones, and measurements."""
    before = meter.compute_loudness([_measure(path, earlier)])
    reference = (combined or {}).get("integrated", before.integrated)
    if reference is None or before.integrated is None:  # silence
        return [], {"loudness_before": None, "gain": 0.0}
    gain, wanted = target - reference, before.integrated + target - reference
    filters, after = _list_filters(gain), before
    highest = 20 * math.log10(before.peak) + gain if before.peak else -math.inf
    if highest > peak:
        total, rate = gain, _find_rate(path)
        for _ in range(_ROUNDS):
            filters = _list_filters(total, (peak - _HEADROOM, rate))
            after = meter.compute_loudness([_measure(path, [*earlier, *filters])])
            if after.integrated is None or abs(after.integrated - wanted) <= _TOLERANCE:
                break
            total += wanted - after.integrated
    return filters, {
        "loudness_before": round(before.integrated, 2),
        "loudness": round(_find_loudness(after) if highest > peak else wanted, 2),
        "gain": round(gain, 2),
        "limited": highest > peak,
    }


def _find_rate(path: Path) -> int:
    with pcm_source.open_source(path) as source:
        return source.format.sample_rate


def _find_loudness(measured: Loudness) -> float:
    return -math.inf if measured.integrated is None else measured.integrated


def _list_filters(gain: float, limit: tuple[float, int] | None = None) -> list[tuple[str, str]]:
    filters = [
        ("aformat", "sample_fmts=fltp|dblp"),
        ("volume", f"volume={gain:.4f}dB:precision=double"),
    ]
    if limit is not None:
        level, rate = 10 ** (limit[0] / 20), limit[1]
        filters += [
            ("aresample", str(_OVERSAMPLING)),
            ("alimiter", f"limit={level:.6f}:level=disabled:latency=1:attack=5:release=50"),
            ("aresample", str(rate)),
        ]
    return filters


def _measure(path: Path, filters: Sequence[tuple[str, str]]) -> TrackMeasurement:
    """Return the loudness of a file after filters; it need not be without damage."""
    with pcm_source.open_source(path) as source:
        return meter.measure_frames(source, source.frames(lambda *_: None), filters=filters)


DESCRIPTION = Description(
    "converter",
    "1",
    Category.MANIPULATION,
    "Convert audio to another format, sample rate, number of channels, bit depth or loudness.",
    ConverterParameters,
)
PROCESSOR = Processor(DESCRIPTION, process, measure=measure, combine=combine)
