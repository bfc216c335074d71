"""Format video metadata: as text, as JSON, and as CSV with one row per video."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import files
from mediakeep.commands.probing import Looked
from mediakeep.media.video.facts import AudioStream, SubtitleStream, VideoFacts, VideoStream
from mediakeep.movies import wording
from mediakeep.pages import cells, page

FORMAT = 1

_BETWEEN = "; "
_CONTAINERS = {
    "matroska": "Matroska",
    "webm": "WebM",
    "mp4": "MP4",
    "mov": "QuickTime",
    "avi": "AVI",
    "mpegts": "MPEG-TS",
    "mpeg": "MPEG",
    "asf": "Windows Media",
    "flv": "Flash",
    "ogg": "Ogg",
    "rm": "RealMedia",
    "iso": "disc image",
}


class _Source(msgspec.Struct):
    """The part of a JSON file that identifies it; the rest is not decoded."""

    paths: list[str]


COLUMNS: Mapping[str, Callable[[VideoFacts], Any]] = {
    "container": lambda one: one.container,
    "duration": lambda one: one.duration or "",
    "size": lambda one: one.size,
    "title": lambda one: one.title,
    "width": lambda one: one.video[0].width if one.video else "",
    "height": lambda one: one.video[0].height if one.video else "",
    "video": lambda one: _BETWEEN.join(map(_pictures, one.video)),
    "audio": lambda one: _BETWEEN.join(map(_sound, one.audio)),
    "subtitles": lambda one: _BETWEEN.join(map(_texts, one.subtitles)),
    "truncated": lambda one: one.truncated,
    "by": lambda one: one.by,
}


def told(result: Looked, place: str) -> list[str]:
    """Return lines on a video; none if it could not be read."""
    facts = result.facts
    if facts is None:
        return []
    what = _CONTAINERS.get(facts.container, facts.container) or "unknown video format"
    length = [page.playing_time(facts.duration)] if facts.duration else []
    lines = [f"{place}: {', '.join([what, *length, wording.size(facts.size)])}"]
    lines += [f"  title: {facts.title}"] if facts.title else []
    lines += [f"  video: {_pictures(stream)}" for stream in facts.video]
    lines += [f"  audio: {_sound(stream)}" for stream in facts.audio]
    return lines + [f"  subtitles: {_texts(stream)}" for stream in facts.subtitles]


def fault(result: Looked, place: str) -> str:
    """Return what is wrong with a video, or ""."""
    if result.facts is None:
        return result.trouble
    reason = result.facts.truncated
    return f"{place} is truncated: {reason}." if reason else ""


def data(paths: Iterable[Path], results: Iterable[Looked]) -> dict[str, Any]:
    """Return all results as JSON data."""
    return {
        "format": FORMAT,
        "paths": [files.escape(path) for path in paths],
        "videos": [
            {
                "path": files.escape(result.path),
                "facts": msgspec.to_builtins(result.facts),
                "trouble": result.trouble,
            }
            for result in results
        ],
    }


def text(data: dict[str, Any]) -> bytes:
    """Encode data as JSON."""
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"


def is_about(written: Path, paths: Iterable[Path]) -> bool:
    """Return whether an existing file is about the same paths."""
    try:
        return msgspec.json.decode(written.read_bytes(), type=_Source).paths == [
            files.escape(path) for path in paths
        ]
    except (OSError, msgspec.DecodeError, UnicodeError):
        return False


def table(results: Iterable[Looked]) -> bytes:
    """Return a CSV with one row per video; no cell is a formula."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["path", *COLUMNS, "trouble"])
    for result in results:
        facts = result.facts
        values = [column(facts) if facts else "" for column in COLUMNS.values()]
        row = [files.escape(result.path), *values, result.trouble]
        rows.writerow([cells.plain(str(value)) for value in row])
    return text.getvalue().encode()


def _pictures(stream: VideoStream) -> str:
    parts = [
        wording.video(stream),
        f"{stream.frame_rate:g} fps" if stream.frame_rate >= 1 else "",
        f"{stream.bit_depth} bits" if stream.bit_depth else "",
        f"3D {stream.stereo}" if stream.stereo else "",
    ]
    return ", ".join(filter(None, parts))


def _sound(stream: AudioStream) -> str:
    parts = [
        f"{stream.language or 'no language'} {stream.codec or 'unknown'}",
        wording.channels(stream),
        f'"{stream.title}"' if stream.title else "",
        "default" if stream.default else "",
    ]
    return ", ".join(filter(None, parts))


def _texts(stream: SubtitleStream) -> str:
    parts = [
        f"{stream.language or 'no language'} {stream.codec or 'unknown'}",
        "forced" if stream.forced else "",
        "default" if stream.default else "",
    ]
    return ", ".join(filter(None, parts))
