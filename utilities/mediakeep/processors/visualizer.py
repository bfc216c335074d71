"""Draw the waveform and the spectrogram of a file, or make a video of its moving waveform."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from mediakeep.errors import EncodingFailed
from mediakeep.media import ffmpeg
from mediakeep.media.encoding import audio_input, drawing
from mediakeep.processors import audio_output
from mediakeep.processors.interface import (
    Category,
    Description,
    Parameters,
    Processor,
    ProcessResult,
)

_FILTERS = {
    "waveform": ("showwavespic", "s={width}x{height}:split_channels=1"),
    "spectrogram": ("showspectrumpic", "s={width}x{height}:legend=0"),
    "video": ("showwaves", "s={width}x{height}:mode=cline:rate=25"),
}
_HINT = "Check the disk and its free space, then run again."


class VisualizerParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of `visualizer`."""

    kinds: Annotated[
        tuple[Literal["waveform", "spectrogram", "video"], ...],
        Meta(min_length=1, description="What to make."),
    ] = ("waveform", "spectrogram")
    width: Annotated[
        int, Meta(ge=64, le=7680, multiple_of=2, description="Width.", extra={"unit": "pixels"})
    ] = 1280
    height: Annotated[
        int, Meta(ge=64, le=4320, multiple_of=2, description="Height.", extra={"unit": "pixels"})
    ] = 512


def process(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Draw a file; each picture decodes it once."""
    wanted = VisualizerParameters(**params)
    with audio_output.open_outputs(output_dir, input_path) as outputs:
        for kind in dict.fromkeys(wanted.kinds):
            name, options = _FILTERS[kind]
            picture = (name, options.format(width=wanted.width, height=wanted.height))
            path = outputs.add(f"{input_path.stem}.{kind}", ".mp4" if kind == "video" else ".png")
            with audio_input.open_input(input_path) as opened:
                draw = drawing.draw_video if kind == "video" else drawing.draw_picture
                try:
                    draw(path, opened.format, opened.frames, picture)
                except (OSError, ffmpeg.require_pyav().error.FFmpegError) as error:
                    detail = ffmpeg.describe_error(error)
                    raise EncodingFailed(input_path, detail, _HINT) from error
        return ProcessResult(True, outputs.place(output_dir))


PROCESSOR = Processor(
    Description(
        "visualizer",
        "1",
        Category.ANALYSIS,
        "Draw waveform and spectrogram as PNG, or make a video of the waveform.",
        VisualizerParameters,
    ),
    process,
)
