"""Run built-in processors on small files, and read the samples of what they made."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av

from mediakeep.media.encoding import pcm_source
from mediakeep.processors import interface, registry
from mediakeep.processors.interface import ProcessResult


def run(name: str, source: Path, target: Path, **params: Any) -> ProcessResult:
    """Run a processor; no file but its outputs may be left in the output folder."""
    result = interface.run_processor(registry.get_processor(name), source, target, params)
    assert result.success is not bool(result.error_message)
    return result


def list_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def read_samples(paths: Iterable[Path]) -> bytes:
    """Return the samples of files, one after the other, as floating point numbers."""
    data = b""
    for path in paths:
        with pcm_source.open_source(path) as source:
            resampler = av.AudioResampler("dbl", source.format.layout, source.format.sample_rate)
            frames = [part for frame in source.frames() for part in resampler.resample(frame)]
            for frame in (*frames, *resampler.resample(None)):
                width = frame.format.bytes * frame.layout.nb_channels
                data += bytes(frame.planes[0])[: frame.samples * width]
    return data


def read_codec(path: Path) -> str:
    with pcm_source.open_source(path) as source:
        return source.codec


def remux(source: Path, target: Path, codec: str) -> Path:
    """Write audio next to a picture stream, as in a video; the suffix decides the container."""
    video = {".avi": "mpeg4", ".webm": "libvpx"}.get(target.suffix, "libx264")
    with av.open(str(source)) as given, av.open(str(target), "w") as output:
        pictures: Any = output.add_stream(video, rate=5, width=32, height=32, pix_fmt="yuv420p")
        sound: Any = output.add_stream(codec, rate=48_000, layout="stereo")
        for _ in range(10):
            output.mux(pictures.encode(av.VideoFrame(32, 32, "yuv420p")))
        output.mux(pictures.encode(None))
        resampler = av.AudioResampler(sound.format, "stereo", 48_000, sound.frame_size)
        for frame in (*given.decode(audio=0), None):
            for part in resampler.resample(frame):
                output.mux(sound.encode(part))
        output.mux(sound.encode(None))
    return target
