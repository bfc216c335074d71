"""Draw audio with FFmpeg's filters: as a picture, or as a video with the audio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from mediakeep.media import ffmpeg
from mediakeep.media.encoding import encoder, filter_chain
from mediakeep.media.encoding.filter_chain import Filter
from mediakeep.media.encoding.pcm_source import PcmFormat

_FRAME_RATE = 25
_MIN_SAMPLES = 1 << 14  # of a picture; FFmpeg draws none of less than its width, at most 7680
_AUDIO_RATE, _AUDIO_BIT_RATE = 48_000, 160_000  # of a video


def draw_picture(path: Path, source: PcmFormat, frames: Iterable[Any], drawing: Filter) -> None:
    """Write a PNG that a filter such as showwavespic draws of all frames."""
    padding = ("apad", f"whole_len={_MIN_SAMPLES}")
    [picture] = filter_chain.run_filters(source, [padding, drawing], frames, makes_pictures=True)
    context = ffmpeg.require_pyav().CodecContext.create("png", "w")
    context.width, context.height, context.pix_fmt = picture.width, picture.height, "rgb24"
    context.time_base = Fraction(1)
    packets = [*context.encode(picture.reformat(format="rgb24")), *context.encode(None)]
    path.write_bytes(b"".join(map(bytes, packets)))


def draw_video(path: Path, source: PcmFormat, frames: Iterable[Any], drawing: Filter) -> None:
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
