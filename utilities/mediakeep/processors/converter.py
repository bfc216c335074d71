"""Convert audio to another format, sample rate, channel count, bit depth or loudness.

The volume is corrected again by what is measured after lossy encoding, resampling and mixing, which
change the loudness, too. For albums, `measure` and `combine_measurements` give all files the same
gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mediakeep.media.encoding import audio_input, filter_chain, loudness_plan, output_formats
from mediakeep.media.encoding import loudness as meter
from mediakeep.media.encoding.filter_chain import Filter
from mediakeep.media.encoding.loudness import TrackMeasurement
from mediakeep.media.encoding.loudness_plan import LoudnessPlan
from mediakeep.processors import audio_output
from mediakeep.processors.audio_output import AudioParameters
from mediakeep.processors.interface import Category, Description, Processor, ProcessResult

_ENCODINGS = 3  # of a file, until it has its loudness


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
        plan = loudness_plan.plan_loudness(input_path, wanted.loudness, wanted.peak, combined)
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
                parameters = output_formats.choose_parameters(
                    opened.facts, wanted.format, wanted.bit_rate, **numbers
                )
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
            if (
                plan is None
                or is_exact
                or not plan.correct(loudness_plan.measure_file(outputs.last))
            ):
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
    result: dict[str, Any] = msgspec.to_builtins(loudness_plan.measure_file(path), str_keys=True)
    return result


def combine_measurements(
    measured: Sequence[Any], _: ConverterParameters
) -> dict[str, float] | None:
    """Return the loudness of all files together, in LUFS."""
    found = [msgspec.convert(one, TrackMeasurement, str_keys=True) for one in measured if one]
    album = meter.compute_loudness(found).integrated if found else None
    return None if album is None else {"integrated": album}


DESCRIPTION = Description(
    "converter",
    "1",
    Category.MANIPULATION,
    "Convert audio to another format, sample rate, number of channels, bit depth or loudness.",
    ConverterParameters,
)
PROCESSOR = Processor(DESCRIPTION, process, measure=measure, combine=combine_measurements)
