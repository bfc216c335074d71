"""What a video file holds: its streams, how long it lasts, and whether it is whole."""

from __future__ import annotations

import msgspec


class VideoStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stream of pictures; sizes in pixels as stored, `aspect` as displayed, such as 1.778.

    `codec` is as Kodi writes it: "h264", "hevc", "av1"...; `hdr` is "dolbyvision", "hdr10plus",
    "hdr10", "hlg" or "".
    """

    codec: str = ""
    width: int = 0
    height: int = 0
    aspect: float = 0.0
    duration: float = 0.0  # seconds
    bitrate: int = 0  # per second
    frame_rate: float = 0.0
    bit_depth: int = 0
    hdr: str = ""
    stereo: str = ""  # "left_right", "top_bottom"... of 3D


class AudioStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stream of sound; `language` is ISO 639-2/B such as "ger", "" where it is not told."""

    codec: str = ""  # as Kodi writes it: "aac", "ac3", "eac3", "dca", "truehd", "flac", "opus"
    language: str = ""
    channels: int = 0
    title: str = ""
    default: bool = False


class SubtitleStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """Subtitles within a video file."""

    language: str = ""
    codec: str = ""
    forced: bool = False
    default: bool = False


class VideoFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A video file; `duration` in seconds is that of the longest stream, 0 where it is not told."""

    container: str = ""  # "matroska", "mp4", "avi"...
    duration: float = 0.0
    size: int = 0  # bytes
    video: tuple[VideoStream, ...] = ()
    audio: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()
    title: str = ""  # that the file bears within
    truncated: str = ""  # why it is taken to be cut off, as a sentence's end
    by: str = ""  # what told: "mediainfo"; "" where only the container's frame was looked at
