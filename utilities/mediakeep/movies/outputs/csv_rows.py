"""Format a movie as a row of outputs/movies_library_scan.csv; docs/movie-files.md explains it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mediakeep.media.video.model import VideoStream
from mediakeep.movies import language_names, media_text
from mediakeep.movies.outputs.record_model import MovieRecord
from mediakeep.pages import csv_cell

_SEPARATOR = "; "

# arguments: a record and its largest video stream
CellFunction = Callable[[MovieRecord, VideoStream | None], Any]
COLUMNS: Mapping[str, CellFunction] = {
    "key": lambda movie, _: movie.key,
    "path": lambda movie, _: movie.path,
    "title": lambda movie, _: movie.title,
    "year": lambda movie, _: movie.year or "",
    "edition": lambda movie, _: movie.edition,
    "match": lambda movie, _: movie.match.match,
    "confidence": lambda movie, _: (
        f"{movie.match.confidence:.2f}" if movie.match.confidence else ""
    ),
    "decided_by": lambda movie, _: movie.match.by,
    "tmdb_id": lambda movie, _: movie.match.tmdb_id or "",
    "imdb_id": lambda movie, _: movie.match.imdb_id,
    "original_title": lambda movie, _: movie.facts.original_title if movie.facts else "",
    "genres": lambda movie, _: _SEPARATOR.join(movie.facts.genres) if movie.facts else "",
    "certificate": lambda movie, _: movie.facts.certificate if movie.facts else "",
    "collection": lambda movie, _: movie.facts.collection if movie.facts else "",
    "runtime_minutes": lambda movie, _: (movie.facts.runtime or "") if movie.facts else "",
    "duration_minutes": lambda movie, _: f"{movie.duration / 60:.1f}" if movie.duration else "",
    "files": lambda movie, _: len(movie.videos),
    "size_bytes": lambda movie, _: sum(video.size for video in movie.videos),
    "container": lambda movie, _: _join_distinct(
        video.facts.container for video in movie.videos if video.facts
    ),
    "resolution": lambda _, stream: media_text.resolution_name(stream),
    "width": lambda _, stream: stream.width if stream else "",
    "height": lambda _, stream: stream.height if stream else "",
    "video_codec": lambda _, stream: stream.codec if stream else "",
    "hdr": lambda _, stream: media_text.hdr_name(stream),
    "audio_codecs": lambda movie, _: _join_distinct(track.codec for track in audio_streams(movie)),
    "audio_languages": lambda movie, _: _join_distinct(
        language_names.language_code(track.language) or "?" for track in audio_streams(movie)
    ),
    "subtitle_languages": lambda movie, _: _join_distinct(subtitle_languages(movie)),
    "nfo": lambda movie, _: movie.nfo.state.value,
    "poster": lambda movie, _: "yes" if has_picture(movie, "poster") else "no",
    "fanart": lambda movie, _: "yes" if has_picture(movie, "fanart") else "no",
    "decisions": lambda movie, _: len(movie.decisions),
    "issues": lambda movie, _: _join_distinct(issue.kind for issue in movie.issues),
    "report": lambda movie, _: movie.report,
}


def format_row(record: MovieRecord) -> str:
    """Return the CSV row of a movie in the table of all movies."""
    stream = media_text.largest_video_stream(record.videos)
    return format_line([cell(record, stream) for cell in COLUMNS.values()])


def format_header() -> str:
    """Return the CSV row with the column names of the table of all movies."""
    return format_line(COLUMNS)


def format_line(values: Iterable[object]) -> str:
    """Return values as a CSV row in which a spreadsheet runs no cell as a formula."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(
        [csv_cell.escape_formula(str(cell)) for cell in values]
    )
    return buffer.getvalue()


def audio_streams(record: MovieRecord) -> Iterable[Any]:
    """Return the audio streams in all video files of a movie."""
    return (track for video in record.videos if video.facts for track in video.facts.audio)


def subtitle_languages(record: MovieRecord) -> Iterable[str]:
    """Return the languages of all subtitles of a movie, embedded or in files; "?" if unknown."""
    embedded = (track for video in record.videos if video.facts for track in video.facts.subtitles)
    tags = [track.language for track in embedded]
    tags += [file.language for file in record.subtitles]
    return (language_names.language_code(tag) or "?" for tag in tags)


def has_picture(record: MovieRecord, role: str) -> bool:
    """Return True if a movie has a valid picture with a role such as "poster"."""
    return any(image.role == role and image.mime and not image.trouble for image in record.images)


def _join_distinct(values: Iterable[str]) -> str:
    return _SEPARATOR.join(dict.fromkeys(filter(None, values)))
