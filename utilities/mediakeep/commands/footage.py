"""What videos hold, told for people, as JSON, and as a table with a row a video."""

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
    "iso": "image of a disc",
}


class _Source(msgspec.Struct):
    """What tells whose a file of facts is; the rest is passed over."""

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


def told(looked: Looked, place: str) -> list[str]:
    """Tell of a video for people; of one that could not be looked into nothing."""
    facts = looked.facts
    if facts is None:
        return []
    what = _CONTAINERS.get(facts.container, facts.container) or "no video that is known"
    length = [page.playing_time(facts.duration)] if facts.duration else []
    lines = [f"{place}: {', '.join([what, *length, wording.size(facts.size)])}"]
    lines += [f"  title: {facts.title}"] if facts.title else []
    lines += [f"  video: {_pictures(one)}" for one in facts.video]
    lines += [f"  audio: {_sound(one)}" for one in facts.audio]
    return lines + [f"  subtitles: {_texts(one)}" for one in facts.subtitles]


def fault(looked: Looked, place: str) -> str:
    """Say what is wrong with a video; "" where all is well."""
    if looked.facts is None:
        return looked.trouble
    cut = looked.facts.truncated
    return f"{place} is cut off: {cut}." if cut else ""


def data(paths: Iterable[Path], found: Iterable[Looked]) -> dict[str, Any]:
    """Return all that is known as data for programs."""
    return {
        "format": FORMAT,
        "paths": [files.escape(path) for path in paths],
        "videos": [
            {
                "path": files.escape(one.path),
                "facts": msgspec.to_builtins(one.facts),
                "trouble": one.trouble,
            }
            for one in found
        ],
    }


def text(told: dict[str, Any]) -> bytes:
    """Write data as JSON."""
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def is_about(written: Path, paths: Iterable[Path]) -> bool:
    """Tell whether a file that was written before is about the same paths."""
    try:
        return msgspec.json.decode(written.read_bytes(), type=_Source).paths == [
            files.escape(path) for path in paths
        ]
    except (OSError, msgspec.DecodeError, UnicodeError):
        return False


def table(found: Iterable[Looked]) -> bytes:
    """Write one row a video; no cell is a formula."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["path", *COLUMNS, "trouble"])
    for one in found:
        facts = one.facts
        values = [column(facts) if facts else "" for column in COLUMNS.values()]
        row = [files.escape(one.path), *values, one.trouble]
        rows.writerow([cells.plain(str(value)) for value in row])
    return text.getvalue().encode()


def _pictures(one: VideoStream) -> str:
    parts = [
        wording.video(one),
        f"{one.frame_rate:g} fps" if one.frame_rate >= 1 else "",
        f"{one.bit_depth} bits" if one.bit_depth else "",
        f"3D {one.stereo}" if one.stereo else "",
    ]
    return ", ".join(filter(None, parts))


def _sound(one: AudioStream) -> str:
    parts = [
        f"{one.language or 'no language'} {one.codec or 'unknown'}",
        wording.channels(one),
        f'"{one.title}"' if one.title else "",
        "default" if one.default else "",
    ]
    return ", ".join(filter(None, parts))


def _texts(one: SubtitleStream) -> str:
    parts = [
        f"{one.language or 'no language'} {one.codec or 'unknown'}",
        "forced" if one.forced else "",
        "default" if one.default else "",
    ]
    return ", ".join(filter(None, parts))
