"""Write tiny playable videos of any duration: colour bars, a tone and a subtitle.

The streams are those of the committed clips in seeds/, which PyAV muxes with other times, languages
and titles. A video of two hours has a dozen frames, each of which lasts ten minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from importlib import resources
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mediakeep.errors import UsageError
from mediakeep_samples.movies.video_spec import FRAME_COUNT, VideoSpec

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.stream import Stream

_NOT_INSTALLED = (
    "Sample movies need PyAV (the FFmpeg muxers), which is not installed."
    ' Install it with: pip install "mediakeep[video]"'
)
_TIME_BASE = Fraction(1, 1000)  # packet times are in milliseconds
_SUBTITLE_DURATION = 2000  # milliseconds
_MUXERS = {  # by suffix, with their options; MP4 for the others
    ".mkv": ("matroska", {"default_mode": "infer_no_subs"}),
    ".m4v": ("mp4", {"brand": "M4V "}),
}
_REPRODUCIBLE = {"fflags": "+bitexact"}  # without versions, dates and random IDs


class _SeedStream(NamedTuple):
    """The stream of a seed clip, and the data of its packets."""

    stream: Stream
    packets: Sequence[bytes]


class _TimedPacket(NamedTuple):
    """A packet of an output stream; times are in milliseconds."""

    begin: int
    stream_index: int
    duration: int
    data: bytes
    is_keyframe: bool


def require_pyav() -> None:
    """Raise UsageError with the command to install PyAV if it is missing."""
    if find_spec("av") is None:
        raise UsageError(_NOT_INSTALLED)


def write_video(path: Path, spec: VideoSpec) -> None:
    """Write a video: Matroska for .mkv, else MP4. Raise OSError on failure."""
    path.write_bytes(render_video(spec, path.suffix))


def render_video(spec: VideoSpec, suffix: str) -> bytes:
    """Return the bytes of a video for a suffix such as ".mkv".

    Raise FileNotFoundError if there is no seed clip of the size, HDR format or number of channels.
    """
    import av

    muxer, options = _MUXERS.get(suffix.lower(), ("mp4", {}))
    content = BytesIO()
    with av.open(content, "w", format=muxer, options=_REPRODUCIBLE | options) as output:
        if spec.title:
            output.metadata["title"] = spec.title
        for timed in sorted(_add_streams(output, spec, muxer)):
            packet = av.Packet(timed.data)
            packet.stream = output.streams[timed.stream_index]
            packet.time_base = _TIME_BASE
            packet.pts = packet.dts = timed.begin
            packet.duration = timed.duration
            packet.is_keyframe = timed.is_keyframe
            output.mux_one(packet)
    return content.getvalue()


def _add_streams(output: OutputContainer, spec: VideoSpec, muxer: str) -> Iterator[_TimedPacket]:
    """Add the streams of a video to a file, and yield their packets stream by stream."""
    size = f"{spec.width}x{spec.height}"
    video = _read_seed_clip(f"video-{size}-{spec.hdr}.mp4" if spec.hdr else f"video-{size}.mp4")
    yield from _time_frames(spec, _add_stream(output, video), video)
    for language, channels in spec.audio:
        audio = _read_seed_clip(f"audio-{channels}.mp4")
        yield from _time_frames(spec, _add_stream(output, audio, language), audio)
    duration = min(_SUBTITLE_DURATION, spec.milliseconds // 2)
    for language in spec.subtitles:
        subtitle = _read_seed_clip("subtitle.mkv" if muxer == "matroska" else "subtitle.mp4")
        index = _add_stream(output, subtitle, language)
        yield _TimedPacket(0, index, duration, subtitle.packets[0], True)


def _add_stream(output: OutputContainer, seed: _SeedStream, language: str = "") -> int:
    """Add a stream with the parameters of a seed clip; return its index."""
    stream = output.add_stream_from_template(seed.stream)
    if language:
        stream.metadata["language"] = language
    return stream.index


def _time_frames(spec: VideoSpec, index: int, seed: _SeedStream) -> Iterator[_TimedPacket]:
    """Yield the frames of a seed clip, spread over the duration of a video."""
    times, is_video = spec.frame_times, seed.stream.type == "video"
    for number, data in enumerate(seed.packets[:FRAME_COUNT]):
        duration = times[number + 1] - times[number]
        is_keyframe = number == 0 or not is_video
        yield _TimedPacket(times[number], index, duration, data, is_keyframe)


@cache
def _read_seed_clip(name: str) -> _SeedStream:
    """Read a clip of one stream; it stays open, because templates need its parameters."""
    import av

    content = (resources.files(__package__) / "seeds" / name).read_bytes()
    container = av.open(BytesIO(content), "r")
    stream = container.streams[0]
    return _SeedStream(stream, [bytes(packet) for packet in container.demux() if packet.size])
