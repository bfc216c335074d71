"""Technical facts of a movie in the words of people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from mediakeep.media.video.facts import AudioStream, VideoStream
from mediakeep.movies import languages
from mediakeep.movies.model import Video

# Widths of whole frames; one of the cinema's shape is less high than its name says.
_FRAMES = ((7000, "8K"), (3200, "2160p"), (1800, "1080p"), (1200, "720p"), (1000, "576p"))
_LINES = ((4000, "8K"), (2000, "2160p"), (1000, "1080p"), (700, "720p"), (560, "576p"))
_LEAST = "480p"
_CHANNELS = {1: "mono", 2: "stereo", 6: "5.1", 7: "6.1", 8: "7.1"}
_HDR = {"dolbyvision": "Dolby Vision", "hdr10plus": "HDR10+", "hdr10": "HDR10", "hlg": "HLG"}
_UNITS = ("KB", "MB", "GB", "TB")


def picture(videos: Iterable[Video]) -> VideoStream | None:
    """Return the largest stream of pictures of several videos."""
    streams = (stream for one in videos if one.facts for stream in one.facts.video)
    return max(streams, key=lambda one: one.width * one.height, default=None)


def resolution(stream: VideoStream | None) -> str:
    """Name the resolution of a picture as people do, such as "1080p"; "" where it is unknown."""
    if stream is None or not (stream.width and stream.height):
        return ""
    wide = next((place for place, (least, _) in enumerate(_FRAMES) if stream.width >= least), 5)
    high = next((place for place, (least, _) in enumerate(_LINES) if stream.height >= least), 5)
    place = min(wide, high)
    return _FRAMES[place][1] if place < len(_FRAMES) else _LEAST


def hdr(stream: VideoStream | None) -> str:
    """Name the kind of HDR; "" for none."""
    return _HDR.get(stream.hdr, stream.hdr) if stream else ""


def video(stream: VideoStream | None) -> str:
    """Write a picture: "1080p hevc, 1920 x 800, HDR10"."""
    if stream is None:
        return ""
    size = f"{stream.width} x {stream.height}" if stream.width and stream.height else ""
    name = f"{resolution(stream)} {stream.codec}".strip()
    return ", ".join(filter(None, (name, size, hdr(stream), "3D" if stream.stereo else "")))


def audio(tracks: Sequence[AudioStream]) -> str:
    """Write the sound: "English ac3 5.1, German aac stereo"; the same thing once."""
    told = (
        f"{languages.name(languages.code(one.language))} {one.codec} {channels(one)}".split()
        for one in tracks
    )
    return ", ".join(dict.fromkeys(map(" ".join, told)))


def channels(track: AudioStream) -> str:
    """Write how many channels sound has: "5.1"."""
    return _CHANNELS.get(track.channels, f"{track.channels} channels" if track.channels else "")


def minutes(seconds: float) -> str:
    """Write how long a movie lasts: "112 min", "45 s"."""
    return f"{round(seconds / 60):,} min" if seconds >= 60 else f"{round(seconds)} s"


def size(number: float) -> str:
    """Write bytes in decimal units, as disks are sold."""
    if number < 1000:
        return f"{round(number)} B"
    power = min(int(math.log10(number) / 3 + 1e-9), len(_UNITS))
    return f"{number / 1000**power:,.1f} {_UNITS[power - 1]}"
