"""Write what is measured of an audio file as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mediakeep.media.encoding import level_statistics
from mediakeep.processors import audio_output
from mediakeep.processors.interface import (
    Category,
    Description,
    Parameters,
    Processor,
    ProcessResult,
)


class StatisticsParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of `statistics`."""

    silence: Annotated[
        float, Meta(ge=-120, le=0, description="Level of silence.", extra={"unit": "dB"})
    ] = -50.0


def process(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Measure a file, and write the values as JSON; a value that is unknown is null."""
    wanted = StatisticsParameters(**params)
    values = level_statistics.measure_levels(input_path, wanted.silence)
    with audio_output.open_outputs(output_dir, input_path) as outputs:
        data = msgspec.json.format(msgspec.json.encode(values)) + b"\n"
        outputs.write_data(f"{input_path.stem}.statistics", ".json", data)
        return ProcessResult(True, outputs.place(output_dir), values)


PROCESSOR = Processor(
    Description(
        "statistics",
        "1",
        Category.ANALYSIS,
        "Measure levels, loudness, silence, clipping, DC offset, speech and bandwidth.",
        StatisticsParameters,
    ),
    process,
)
