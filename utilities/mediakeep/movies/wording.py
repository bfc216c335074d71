"""Format technical facts of a movie for people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from mediakeep.media.video.facts import AudioStream, VideoStream
from mediakeep.movies import languages
from mediakeep.movies.model import Video

# Frame widths and heights; a widescreen frame has fewer lines than its name says.
_FRAMES = ((7000, "8K"), (3200, "2160p"), (1800, "1080p"), (1200, "720p"), (1000, "576p"))
_LINES = ((4000, "8K"), (2000, "2160p"), (1000, "1080p"), (700, "720p"), (560, "576p"))
_LEAST = "480p"
_CHANNELS = {1: "mono", 2: "stereo", 6: "5.1", 7: "6.1", 8: "7.1"}
_HDR = {"dolbyvision": "Dolby Vision", "hdr10plus": "HDR10+", "hdr10": "HDR10", "hlg": "HLG"}
_UNITS = ("KB", "MB", "GB", "TB")


def picture(videos: Iterable[Video]) -> VideoStream | None:
    """Return the largest video stream of several files."""
    streams = (stream for video in videos if video.facts for stream in video.facts.video)
    return max(streams, key=lambda stream: stream.width * stream.height, default=None)


def resolution(stream: VideoStream | None) -> str:
    """Return the common name of a resolution, such as "1080p", or "" if unknown."""
    if stream is None or not (stream.width and stream.height):
        return ""
    wide = next((place for place, (least, _) in enumerate(_FRAMES) if stream.width >= least), 5)
    high = next((place for place, (least, _) in enumerate(_LINES) if stream.height >= least), 5)
    place = min(wide, high)
    return _FRAMES[place][1] if place < len(_FRAMES) else _LEAST


def hdr(stream: VideoStream | None) -> str:
    """Return the name of the HDR format, or "" if none."""
    return _HDR.get(stream.hdr, stream.hdr) if stream else ""


def video(stream: VideoStream | None) -> str:
    """Format a video stream, such as "1080p hevc, 1920 x 800, HDR10"."""
    if stream is None:
        return ""
    size = f"{stream.width} x {stream.height}" if stream.width and stream.height else ""
    name = f"{resolution(stream)} {stream.codec}".strip()
    return ", ".join(filter(None, (name, size, hdr(stream), "3D" if stream.stereo else "")))


def audio(tracks: Sequence[AudioStream]) -> str:
    """Format audio streams, such as "English ac3 5.1, German aac stereo"; duplicates once."""
    words = (
        [languages.name(languages.code(track.language)), track.codec, channels(track)]
        for track in tracks
    )
    return ", ".join(dict.fromkeys(" ".join(filter(None, parts)) for parts in words))


def channels(track: AudioStream) -> str:
    """Format the number of channels, such as "5.1"."""
    return _CHANNELS.get(track.channels, f"{track.channels} channels" if track.channels else "")


def minutes(seconds: float) -> str:
    """Format a duration, such as "112 min" or "45 s"."""
    return f"{round(seconds / 60):,} min" if seconds >= 60 else f"{round(seconds)} s"


def size(number: float) -> str:
    """Format bytes in decimal units, as disk sizes are."""
    if number < 1000:
        return f"{round(number)} B"
    power = min(int(math.log10(number) / 3 + 1e-9), len(_UNITS))
    return f"{number / 1000**power:,.1f} {_UNITS[power - 1]}"
