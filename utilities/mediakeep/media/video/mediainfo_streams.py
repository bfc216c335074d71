"""Convert the output of MediaInfo, which is not trusted, to the video data model."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from mediakeep.media.video import kodi_names, languages
from mediakeep.media.video.container import ContainerInfo
from mediakeep.media.video.mediainfo import MediaInfoTrack
from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoInfo, VideoStream

SOURCE_NAME = "mediainfo"

T = TypeVar("T")

_MAX_STREAMS = 100  # streams of a type
_MAX_TITLE_LENGTH = 300  # characters of a title
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,15})?")
_MAX_DURATION = 10_000_000.0  # seconds; more is a timestamp, not a duration
_CONTAINER_NAMES = {
    "MPEG-4": "mp4",
    "QuickTime": "mov",
    "Matroska": "matroska",
    "WebM": "webm",
    "AVI": "avi",
    "MPEG-TS": "mpegts",
    "BDAV": "mpegts",
    "MPEG-PS": "mpeg",
    "Windows Media": "asf",
    "Flash Video": "flv",
    "Ogg": "ogg",
}


def build_video_info(
    tracks: Iterable[MediaInfoTrack], container_info: ContainerInfo, size: int
) -> VideoInfo:
    """Build the video info from MediaInfo's tracks and the inspected container, `container_info`.

    If they contradict each other, the container inspection takes precedence.
    """
    all_fields = [
        {name: value for name, value in track.items() if isinstance(value, str)} for track in tracks
    ]
    general = next((fields for fields in all_fields if fields.get("@type") == "General"), {})
    video = _build_streams(all_fields, "Video", _build_video_stream)
    media = [fields for fields in all_fields if fields.get("@type") in ("Video", "Audio")]
    durations = [_parse_duration(fields) for fields in media]
    return VideoInfo(
        container=container_info.container or _CONTAINER_NAMES.get(general.get("Format", ""), ""),
        duration=_parse_duration(general) or max(durations, default=0.0),
        size=size,
        video=video,
        audio=_build_streams(all_fields, "Audio", _build_audio_stream),
        subtitles=_build_streams(all_fields, "Text", _build_subtitle_stream),
        title=_clean_text(general.get("Title", "")),
        truncated=container_info.truncated,
        by=SOURCE_NAME,
    )


def _build_streams(
    all_fields: list[dict[str, str]], kind: str, make: Callable[[kodi_names.TrackFields], T]
) -> tuple[T, ...]:
    return tuple(make(fields) for fields in all_fields if fields.get("@type") == kind)[
        :_MAX_STREAMS
    ]


def _build_video_stream(fields: kodi_names.TrackFields) -> VideoStream:
    return VideoStream(
        codec=kodi_names.video_codec(fields),
        width=_parse_integer(fields, "Width"),
        height=_parse_integer(fields, "Height"),
        aspect=round(_parse_number(fields, "DisplayAspectRatio"), 3),
        duration=_parse_duration(fields),
        bitrate=_parse_integer(fields, "BitRate"),
        frame_rate=round(_parse_number(fields, "FrameRate"), 3),
        bit_depth=_parse_integer(fields, "BitDepth"),
        hdr=kodi_names.hdr_format(fields),
        stereo=kodi_names.stereo_layout(fields),
    )


def _build_audio_stream(fields: kodi_names.TrackFields) -> AudioStream:
    return AudioStream(
        codec=kodi_names.audio_codec(fields),
        language=languages.normalize_language(fields.get("Language", "")),
        channels=_parse_integer(fields, "Channels"),
        title=_clean_text(fields.get("Title", "")),
        default=fields.get("Default") == "Yes",
    )


def _build_subtitle_stream(fields: kodi_names.TrackFields) -> SubtitleStream:
    return SubtitleStream(
        language=languages.normalize_language(fields.get("Language", "")),
        codec=kodi_names.subtitle_codec(fields),
        forced=fields.get("Forced") == "Yes",
        default=fields.get("Default") == "Yes",
    )


def _parse_number(fields: Mapping[str, str], name: str) -> float:
    match = _NUMBER.match(fields.get(name, ""))
    value = float(match[0]) if match else 0.0
    return value if math.isfinite(value) else 0.0


def _parse_integer(fields: Mapping[str, str], name: str) -> int:
    return int(_parse_number(fields, name))


def _parse_duration(fields: Mapping[str, str]) -> float:
    duration = round(_parse_number(fields, "Duration"), 3)
    return duration if duration < _MAX_DURATION else 0.0


def _clean_text(text: str) -> str:
    """Return a text as one line of printable characters that XML allows."""
    plain = "".join(char if char.isprintable() else " " for char in text[: 2 * _MAX_TITLE_LENGTH])
    return " ".join(plain.split())[:_MAX_TITLE_LENGTH]
