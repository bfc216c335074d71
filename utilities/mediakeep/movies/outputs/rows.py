"""One movie as a row of outputs/movies_library_scan.csv; docs/movie-files.md tells its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mediakeep.media.video.facts import VideoStream
from mediakeep.movies import languages, wording
from mediakeep.movies.outputs.entry import Record
from mediakeep.pages import cells

_BETWEEN = "; "

Cell = Callable[[Record, VideoStream | None], Any]  # of a movie, and its largest picture
COLUMNS: Mapping[str, Cell] = {
    "key": lambda one, _: one.key,
    "path": lambda one, _: one.path,
    "title": lambda one, _: one.title,
    "year": lambda one, _: one.year or "",
    "edition": lambda one, _: one.edition,
    "match": lambda one, _: one.match.match,
    "confidence": lambda one, _: f"{one.match.confidence:.2f}" if one.match.confidence else "",
    "decided_by": lambda one, _: one.match.by,
    "tmdb_id": lambda one, _: one.match.tmdb_id or "",
    "imdb_id": lambda one, _: one.match.imdb_id,
    "original_title": lambda one, _: one.facts.original_title if one.facts else "",
    "genres": lambda one, _: _BETWEEN.join(one.facts.genres) if one.facts else "",
    "certificate": lambda one, _: one.facts.certificate if one.facts else "",
    "collection": lambda one, _: one.facts.collection if one.facts else "",
    "runtime_minutes": lambda one, _: (one.facts.runtime or "") if one.facts else "",
    "duration_minutes": lambda one, _: f"{one.duration / 60:.1f}" if one.duration else "",
    "files": lambda one, _: len(one.videos),
    "size_bytes": lambda one, _: sum(video.size for video in one.videos),
    "container": lambda one, _: _several(
        video.facts.container for video in one.videos if video.facts
    ),
    "resolution": lambda _, seen: wording.resolution(seen),
    "width": lambda _, seen: seen.width if seen else "",
    "height": lambda _, seen: seen.height if seen else "",
    "video_codec": lambda _, seen: seen.codec if seen else "",
    "hdr": lambda _, seen: wording.hdr(seen),
    "audio_codecs": lambda one, _: _several(track.codec for track in sound(one)),
    "audio_languages": lambda one, _: _several(
        languages.code(track.language) or "?" for track in sound(one)
    ),
    "subtitle_languages": lambda one, _: _several(subtitled(one)),
    "nfo": lambda one, _: one.nfo.state.value,
    "poster": lambda one, _: "yes" if has_picture(one, "poster") else "no",
    "fanart": lambda one, _: "yes" if has_picture(one, "fanart") else "no",
    "decisions": lambda one, _: len(one.decisions),
    "issues": lambda one, _: _several(issue.kind for issue in one.issues),
    "report": lambda one, _: one.report,
}


def row(record: Record) -> str:
    """Write the row of a movie."""
    seen = wording.picture(record.videos)
    return line([cell(record, seen) for cell in COLUMNS.values()])


def header() -> str:
    """Write the row of the columns' names."""
    return line(COLUMNS)


def line(told: Iterable[object]) -> str:
    """Write cells as a row of CSV; none of them is a formula."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([cells.plain(str(cell)) for cell in told])
    return text.getvalue()


def sound(record: Record) -> Iterable[Any]:
    """Give all streams of sound of a movie."""
    return (track for one in record.videos if one.facts for track in one.facts.audio)


def subtitled(record: Record) -> Iterable[str]:
    """Give the languages of all subtitles, within the files and beside them; "?" if not told."""
    within = (track for one in record.videos if one.facts for track in one.facts.subtitles)
    told = [*(track.language for track in within), *(one.language for one in record.subtitles)]
    return (languages.code(language) or "?" for language in told)


def has_picture(record: Record, role: str) -> bool:
    """Tell whether a movie has a picture of a role that is one."""
    return any(one.role == role and one.mime and not one.trouble for one in record.images)


def _several(values: Iterable[str]) -> str:
    return _BETWEEN.join(dict.fromkeys(filter(None, values)))
