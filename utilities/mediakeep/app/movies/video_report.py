"""Reports of video metadata: as text, as JSON, and as CSV with one row per video."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text, size_text
from mediakeep.app.movies.probe_pool import ProbeResult
from mediakeep.errors import UsageError
from mediakeep.media import ignore_rules
from mediakeep.media.video import video_files
from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoInfo, VideoStream
from mediakeep.movies import media_text
from mediakeep.movies.scan import file_types
from mediakeep.pages import csv_cell, render
from mediakeep.untrusted_files import read_json

VIDEO_REPORT_FORMAT = 1

_LIST_SEPARATOR = "; "
_CONTAINER_NAMES = {
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


class _ReportPaths(msgspec.Struct):
    """The part of a JSON file that identifies it; the rest is not decoded."""

    paths: list[str]


CSV_COLUMNS: Mapping[str, Callable[[VideoInfo], Any]] = {
    "container": lambda one: one.container,
    "duration": lambda one: one.duration or "",
    "size": lambda one: one.size,
    "title": lambda one: one.title,
    "width": lambda one: one.video[0].width if one.video else "",
    "height": lambda one: one.video[0].height if one.video else "",
    "video": lambda one: _LIST_SEPARATOR.join(map(_format_video_stream, one.video)),
    "audio": lambda one: _LIST_SEPARATOR.join(map(_format_audio_stream, one.audio)),
    "subtitles": lambda one: _LIST_SEPARATOR.join(map(_format_subtitle_stream, one.subtitles)),
    "truncated": lambda one: one.truncated,
    "by": lambda one: one.by,
}


def to_lines(result: ProbeResult, place: str) -> list[str]:
    """Return lines on a video; none if it could not be read."""
    facts = result.facts
    if facts is None:
        return []
    what = _CONTAINER_NAMES.get(facts.container, facts.container) or "unknown video format"
    length = [render.format_playing_time(facts.duration)] if facts.duration else []
    lines = [f"{place}: {', '.join([what, *length, size_text.format_size(facts.size)])}"]
    lines += [f"  title: {facts.title}"] if facts.title else []
    lines += [f"  video: {_format_video_stream(stream)}" for stream in facts.video]
    lines += [f"  audio: {_format_audio_stream(stream)}" for stream in facts.audio]
    return lines + [f"  subtitles: {_format_subtitle_stream(stream)}" for stream in facts.subtitles]


def error_text(result: ProbeResult, place: str) -> str:
    """Return what is wrong with a video, or ""."""
    if result.facts is None:
        return result.error
    reason = result.facts.truncated
    return f"{place} is truncated: {reason}." if reason else ""


def to_json(paths: Iterable[Path], results: Iterable[ProbeResult]) -> dict[str, Any]:
    """Return all results as JSON data."""
    return {
        "format": VIDEO_REPORT_FORMAT,
        "paths": [path_text.escape_path(path) for path in paths],
        "videos": [
            {
                "path": path_text.escape_path(result.path),
                "facts": msgspec.to_builtins(result.facts),
                "trouble": result.error,
            }
            for result in results
        ],
    }


def to_json_bytes(data: dict[str, Any]) -> bytes:
    """Encode data as JSON."""
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"


def is_about(written: Path, paths: Iterable[Path]) -> bool:
    """Return whether an existing file is about the same paths."""
    report = read_json(written, _ReportPaths)
    return report is not None and report.paths == [path_text.escape_path(path) for path in paths]


def to_csv(results: Iterable[ProbeResult]) -> bytes:
    """Return a CSV with one row per video; no cell is a formula."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["path", *CSV_COLUMNS, "trouble"])
    for result in results:
        facts = result.facts
        values = [column(facts) if facts else "" for column in CSV_COLUMNS.values()]
        row = [path_text.escape_path(result.path), *values, result.error]
        rows.writerow([csv_cell.escape_formula(str(value)) for value in row])
    return text.getvalue().encode()


def find_videos(
    paths: Sequence[Path], sources: Sequence[Path], ignored: ignore_rules.IgnoreSettings
) -> list[Path]:
    """Return the videos, without duplicates; raise UsageError if there are none."""
    for path, source in zip(paths, sources, strict=True):
        if not source.exists():
            raise UsageError(f"{path_text.display_path(path)} does not exist.")
    videos = [
        video
        for source in sources
        for video in video_files.find_videos(source, file_types.VIDEO_SUFFIXES, ignored)
    ]
    if not videos:
        raise UsageError(f"{path_text.display_path(paths[0])} holds no videos.")
    return list(dict.fromkeys(videos))


def choose_paths(home: Path, name: str | None, sources: Sequence[Path]) -> list[Path]:
    """Return the files to write; raise UsageError if they are about other paths."""
    if name is None:
        return []
    stem = home / "outputs" / f"{path_text.safe_name(name)}_video_metadata"
    written = [stem.with_name(f"{stem.name}{suffix}") for suffix in (".json", ".csv")]
    for path in written:
        if path.exists() and not is_about(written[0], sources):
            raise UsageError(f"{path} is about other paths. Give another --output-name.")
    return written


def _format_video_stream(stream: VideoStream) -> str:
    parts = [
        media_text.format_video(stream),
        f"{stream.frame_rate:g} fps" if stream.frame_rate >= 1 else "",
        f"{stream.bit_depth} bits" if stream.bit_depth else "",
        f"3D {stream.stereo}" if stream.stereo else "",
    ]
    return ", ".join(filter(None, parts))


def _format_audio_stream(stream: AudioStream) -> str:
    parts = [
        f"{stream.language or 'no language'} {stream.codec or 'unknown'}",
        media_text.format_channels(stream),
        f'"{stream.title}"' if stream.title else "",
        "default" if stream.default else "",
    ]
    return ", ".join(filter(None, parts))


def _format_subtitle_stream(stream: SubtitleStream) -> str:
    parts = [
        f"{stream.language or 'no language'} {stream.codec or 'unknown'}",
        "forced" if stream.forced else "",
        "default" if stream.default else "",
    ]
    return ", ".join(filter(None, parts))
