"""Draw the waveform and the spectrogram of a file, or make a video of its moving waveform."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from mediakeep.errors import EncodingFailed
from mediakeep.media import ffmpeg
from mediakeep.media.encoding import encoder, filter_chain
from mediakeep.media.encoding.pcm_source import PcmFormat
from mediakeep.processors import audio_input, audio_output
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
_FRAME_RATE = 25
_MIN_SAMPLES = 1 << 14  # of a picture; FFmpeg draws none of less than its width, at most 7680
_AUDIO_RATE, _AUDIO_BIT_RATE = 48_000, 160_000  # of a video
_HINT = "Check the disk and its free space, then run again."


class VisualizerParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of `visualizer`."""

    kinds: Annotated[
        tuple[Literal["waveform", "spectrogram", "video"], ...],
        Meta(min_length=1, description="What to make: waveform, spectrogram, video."),
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
            drawing = (name, options.format(width=wanted.width, height=wanted.height))
            path = outputs.add(f"{input_path.stem}.{kind}", ".mp4" if kind == "video" else ".png")
            with audio_input.open_input(input_path) as opened:
                draw = _write_video if kind == "video" else _write_picture
                try:
                    draw(opened.format, opened.frames, drawing, path)
                except (OSError, ffmpeg.require_pyav().error.FFmpegError) as error:
                    detail = ffmpeg.describe_error(error)
                    raise EncodingFailed(input_path, detail, _HINT) from error
        return ProcessResult(True, outputs.place(output_dir))


def _write_picture(
    source: PcmFormat, frames: Iterator[Any], drawing: tuple[str, str], path: Path
) -> None:
    padding = ("apad", f"whole_len={_MIN_SAMPLES}")
    [picture] = filter_chain.run_filters(source, [padding, drawing], frames, makes_pictures=True)
    context = ffmpeg.require_pyav().CodecContext.create("png", "w")
    context.width, context.height, context.pix_fmt = picture.width, picture.height, "rgb24"
    context.time_base = Fraction(1)
    packets = [*context.encode(picture.reformat(format="rgb24")), *context.encode(None)]
    path.write_bytes(b"".join(map(bytes, packets)))


def _write_video(
    source: PcmFormat, frames: Iterator[Any], drawing: tuple[str, str], path: Path
) -> None:
    """Write an MP4 of H.264 and AAC; pictures and audio come in turn, as they are decoded."""
    av = ffmpeg.require_pyav()
    resampler = av.AudioResampler("fltp", "stereo", _AUDIO_RATE)
    options = {"movflags": "+faststart"}
    with (
        encoder.OutputFile(path, "w+") as file,
        encoder.open_container(file, "mp4", _AUDIO_RATE, options) as output,
    ):
        video = output.add_stream("libx264", rate=_FRAME_RATE)
        size = drawing[1].split(":")[0].removeprefix("s=").split("x")
        video.width, video.height, video.pix_fmt = int(size[0]), int(size[1]), "yuv420p"
        video.codec_context.thread_count = 1  # whole files are drawn in parallel
        sound = output.add_stream("aac", rate=_AUDIO_RATE, layout="stereo")
        sound.bit_rate = _AUDIO_BIT_RATE

        def mux_sound() -> Iterator[Any]:
            for frame in frames:
                yield frame
                for part in resampler.resample(frame):
                    output.mux(sound.encode(part))

        pictures = filter_chain.run_filters(source, [drawing], mux_sound(), makes_pictures=True)
        for number, picture in enumerate(pictures):
            drawn = picture.reformat(format="yuv420p")
            drawn.pts, drawn.time_base = number, Fraction(1, _FRAME_RATE)
            output.mux(video.encode(drawn))
        for part in resampler.resample(None):
            output.mux(sound.encode(part))
        output.mux(video.encode(None))
        output.mux(sound.encode(None))


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
