"""The data model of a video file: its streams, its duration, and whether it is truncated."""

from __future__ import annotations

import msgspec


class VideoStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """A video stream; width and height in pixels as stored, `aspect` as displayed, such as 1.778.

    `codec` is as in Kodi: "h264", "hevc", "av1" and so on; `hdr` is "dolbyvision", "hdr10plus",
    "hdr10", "hlg" or "".
    """

    codec: str = ""
    width: int = 0
    height: int = 0
    aspect: float = 0.0
    duration: float = 0.0  # seconds
    bitrate: int = 0  # bits per second
    frame_rate: float = 0.0
    bit_depth: int = 0
    hdr: str = ""
    stereo: str = ""  # layout of a 3D movie: "left_right", "top_bottom"...


class AudioStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """An audio stream of a video; `language` is ISO 639-2/B such as "ger", "" if unknown."""

    codec: str = ""  # as in Kodi: "aac", "ac3", "eac3", "dca", "truehd", "flac", "opus"
    language: str = ""
    channels: int = 0
    title: str = ""
    default: bool = False


class SubtitleStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subtitle stream of a video; `language` is ISO 639-2/B such as "ger", "" if unknown."""

    language: str = ""
    codec: str = ""
    forced: bool = False
    default: bool = False


class VideoInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a video file: its container, streams, duration and size.

    `duration` is that of the longest stream in seconds, 0 if unknown.
    """

    container: str = ""  # "matroska", "mp4", "avi"...
    duration: float = 0.0
    size: int = 0  # bytes
    video: tuple[VideoStream, ...] = ()
    audio: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()
    title: str = ""  # from the metadata of the file
    truncated: str = ""  # why it is considered truncated, as the end of a sentence
    by: str = ""  # "mediainfo", or "" if only the container was inspected
