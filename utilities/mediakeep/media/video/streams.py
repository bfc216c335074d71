"""Convert the output of MediaInfo, which is not trusted, to the data model."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from mediakeep.media.video import languages, names
from mediakeep.media.video.facts import AudioStream, SubtitleStream, VideoFacts, VideoStream
from mediakeep.media.video.frame import Frame
from mediakeep.media.video.mediainfo import Track

BY = "mediainfo"

T = TypeVar("T")

_MOST = 100  # streams of a type
_LONGEST = 300  # characters of a title
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,15})?")
_LONG_AGO = 10_000_000.0  # seconds; more is a timestamp, not a duration
_CONTAINERS = {
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


def facts(tracks: Iterable[Track], frame: Frame, size: int) -> VideoFacts:
    """Combine tracks and container; the container inspection takes precedence."""
    every = [
        {name: value for name, value in track.items() if isinstance(value, str)} for track in tracks
    ]
    general = next((fields for fields in every if fields.get("@type") == "General"), {})
    video = _each(every, "Video", _video)
    media = [fields for fields in every if fields.get("@type") in ("Video", "Audio")]
    durations = [_seconds(fields) for fields in media]
    return VideoFacts(
        container=frame.container or _CONTAINERS.get(general.get("Format", ""), ""),
        duration=_seconds(general) or max(durations, default=0.0),
        size=size,
        video=video,
        audio=_each(every, "Audio", _audio),
        subtitles=_each(every, "Text", _subtitle),
        title=_text(general.get("Title", "")),
        truncated=frame.truncated,
        by=BY,
    )


def _each(every: list[dict[str, str]], kind: str, make: Callable[[names.Told], T]) -> tuple[T, ...]:
    return tuple(make(fields) for fields in every if fields.get("@type") == kind)[:_MOST]


def _video(fields: names.Told) -> VideoStream:
    return VideoStream(
        codec=names.video(fields),
        width=_whole(fields, "Width"),
        height=_whole(fields, "Height"),
        aspect=round(_number(fields, "DisplayAspectRatio"), 3),
        duration=_seconds(fields),
        bitrate=_whole(fields, "BitRate"),
        frame_rate=round(_number(fields, "FrameRate"), 3),
        bit_depth=_whole(fields, "BitDepth"),
        hdr=names.hdr(fields),
        stereo=names.stereo(fields),
    )


def _audio(fields: names.Told) -> AudioStream:
    return AudioStream(
        codec=names.audio(fields),
        language=languages.code(fields.get("Language", "")),
        channels=_whole(fields, "Channels"),
        title=_text(fields.get("Title", "")),
        default=fields.get("Default") == "Yes",
    )


def _subtitle(fields: names.Told) -> SubtitleStream:
    return SubtitleStream(
        language=languages.code(fields.get("Language", "")),
        codec=names.subtitle(fields),
        forced=fields.get("Forced") == "Yes",
        default=fields.get("Default") == "Yes",
    )


def _number(fields: Mapping[str, str], name: str) -> float:
    match = _NUMBER.match(fields.get(name, ""))
    value = float(match[0]) if match else 0.0
    return value if math.isfinite(value) else 0.0


def _whole(fields: Mapping[str, str], name: str) -> int:
    return int(_number(fields, name))


def _seconds(fields: Mapping[str, str]) -> float:
    duration = round(_number(fields, "Duration"), 3)
    return duration if duration < _LONG_AGO else 0.0


def _text(text: str) -> str:
    """Return a text as one line of printable characters, which XML can hold."""
    plain = "".join(char if char.isprintable() else " " for char in text[: 2 * _LONGEST])
    return " ".join(plain.split())[:_LONGEST]
