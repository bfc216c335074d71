"""Format the technical facts of a movie for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mediakeep.media.video.model import AudioStream, VideoStream
from mediakeep.movies import language_names
from mediakeep.movies.model import MovieVideo

# Frame widths and heights; a widescreen frame has fewer lines than its name says.
_WIDTH_NAMES = ((7000, "8K"), (3200, "2160p"), (1800, "1080p"), (1200, "720p"), (1000, "576p"))
_HEIGHT_NAMES = ((4000, "8K"), (2000, "2160p"), (1000, "1080p"), (700, "720p"), (560, "576p"))
_LOWEST_RESOLUTION = "480p"
_CHANNEL_NAMES = {1: "mono", 2: "stereo", 6: "5.1", 7: "6.1", 8: "7.1"}
_HDR_NAMES = {"dolbyvision": "Dolby Vision", "hdr10plus": "HDR10+", "hdr10": "HDR10", "hlg": "HLG"}


def largest_video_stream(videos: Iterable[MovieVideo]) -> VideoStream | None:
    """Return the video stream with the largest picture in several files, or None."""
    streams = (stream for video in videos if video.facts for stream in video.facts.video)
    return max(streams, key=lambda stream: stream.width * stream.height, default=None)


def resolution_name(stream: VideoStream | None) -> str:
    """Return the common name of a video's resolution, such as "1080p", or "" if unknown."""
    if stream is None or not (stream.width and stream.height):
        return ""
    wide = next(
        (place for place, (least, _) in enumerate(_WIDTH_NAMES) if stream.width >= least), 5
    )
    high = next(
        (place for place, (least, _) in enumerate(_HEIGHT_NAMES) if stream.height >= least), 5
    )
    place = min(wide, high)
    return _WIDTH_NAMES[place][1] if place < len(_WIDTH_NAMES) else _LOWEST_RESOLUTION


def hdr_name(stream: VideoStream | None) -> str:
    """Return the name of a video's HDR format for people, or "" if it has none."""
    return _HDR_NAMES.get(stream.hdr, stream.hdr) if stream else ""


def format_video(stream: VideoStream | None) -> str:
    """Format a video stream, such as "1080p hevc, 1920 x 800, HDR10"."""
    if stream is None:
        return ""
    size = f"{stream.width} x {stream.height}" if stream.width and stream.height else ""
    name = f"{resolution_name(stream)} {stream.codec}".strip()
    return ", ".join(filter(None, (name, size, hdr_name(stream), "3D" if stream.stereo else "")))


def format_audio(tracks: Sequence[AudioStream]) -> str:
    """Format audio streams, such as "English ac3 5.1, German aac stereo".

    Streams with the same text are listed once.
    """
    words = (
        [
            language_names.language_name(language_names.language_code(track.language)),
            track.codec,
            format_channels(track),
        ]
        for track in tracks
    )
    return ", ".join(dict.fromkeys(" ".join(filter(None, parts)) for parts in words))


def format_channels(track: AudioStream) -> str:
    """Format the number of an audio stream's channels, such as "5.1"."""
    return _CHANNEL_NAMES.get(
        track.channels, f"{track.channels} channels" if track.channels else ""
    )


def format_duration(seconds: float) -> str:
    """Format a duration, given in seconds, such as "112 min" or "45 s"."""
    return f"{round(seconds / 60):,} min" if seconds >= 60 else f"{round(seconds)} s"
