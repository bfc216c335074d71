"""What MediaInfo tells as facts: plain numbers and names, whatever a file makes it say."""

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

_MOST = 100  # streams of a kind
_LONGEST = 300  # letters of a title
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,15})?")
_LONG_AGO = 10_000_000.0  # seconds; a clock, not a film
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
    """Put together what is known of a file; its frame decides what that tells."""
    told = [{name: one for name, one in track.items() if isinstance(one, str)} for track in tracks]
    whole = next((one for one in told if one.get("@type") == "General"), {})
    video = _each(told, "Video", _video)
    lengths = [_seconds(one) for one in told if one.get("@type") in ("Video", "Audio")]
    return VideoFacts(
        container=frame.container or _CONTAINERS.get(whole.get("Format", ""), ""),
        duration=_seconds(whole) or max(lengths, default=0.0),
        size=size,
        video=video,
        audio=_each(told, "Audio", _audio),
        subtitles=_each(told, "Text", _subtitle),
        title=_text(whole.get("Title", "")),
        truncated=frame.truncated,
        by=BY,
    )


def _each(told: list[dict[str, str]], kind: str, make: Callable[[names.Told], T]) -> tuple[T, ...]:
    return tuple(make(one) for one in told if one.get("@type") == kind)[:_MOST]


def _video(told: names.Told) -> VideoStream:
    return VideoStream(
        codec=names.video(told),
        width=_whole(told, "Width"),
        height=_whole(told, "Height"),
        aspect=round(_number(told, "DisplayAspectRatio"), 3),
        duration=_seconds(told),
        bitrate=_whole(told, "BitRate"),
        frame_rate=round(_number(told, "FrameRate"), 3),
        bit_depth=_whole(told, "BitDepth"),
        hdr=names.hdr(told),
        stereo=names.stereo(told),
    )


def _audio(told: names.Told) -> AudioStream:
    return AudioStream(
        codec=names.audio(told),
        language=languages.code(told.get("Language", "")),
        channels=_whole(told, "Channels"),
        title=_text(told.get("Title", "")),
        default=told.get("Default") == "Yes",
    )


def _subtitle(told: names.Told) -> SubtitleStream:
    return SubtitleStream(
        language=languages.code(told.get("Language", "")),
        codec=names.subtitle(told),
        forced=told.get("Forced") == "Yes",
        default=told.get("Default") == "Yes",
    )


def _number(told: Mapping[str, str], name: str) -> float:
    found = _NUMBER.match(told.get(name, ""))
    value = float(found[0]) if found else 0.0
    return value if math.isfinite(value) else 0.0


def _whole(told: Mapping[str, str], name: str) -> int:
    return int(_number(told, name))


def _seconds(told: Mapping[str, str]) -> float:
    length = round(_number(told, "Duration"), 3)
    return length if length < _LONG_AGO else 0.0


def _text(told: str) -> str:
    """Write a text in one line, without letters that no XML may hold."""
    plain = "".join(letter if letter.isprintable() else " " for letter in told[: 2 * _LONGEST])
    return " ".join(plain.split())[:_LONGEST]
