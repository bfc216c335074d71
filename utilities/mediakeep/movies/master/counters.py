"""Count the values of all movies in a library, such as genres and codecs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from mediakeep.movies import diagnose, language_names, media_text
from mediakeep.movies.outputs import csv_rows
from mediakeep.movies.outputs.record_model import MovieRecord
from mediakeep.movies.result import NfoState

COVERAGE_ITEMS = (
    "nfo",
    "poster",
    "fanart",
    "plot",
    "tmdb_id",
    "imdb_id",
    "certificate",
    "subtitles",
)
_UNKNOWN = "unknown"
_READABLE_STATES = (NfoState.READ, NfoState.LOCKED)


class MovieCounters:
    """Counters of movies, by the name of a property and its value."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.totals: Counter[str] = Counter()
        self.seconds = 0.0

    def add(self, movie: MovieRecord) -> None:
        """Count the values of a movie; each distinct value counts once per movie."""
        self.totals.update(
            movies=1, files=len(movie.videos), bytes=sum(video.size for video in movie.videos)
        )
        self.seconds += movie.duration
        for name, values in _list_counted_values(movie):
            self.counts[name].update(set(values))
        self.counts["issues"].update(f"{issue.severity}/{issue.kind}" for issue in movie.issues)
        self.totals["decisions"] += sum(map(diagnose.needs_decision, movie.issues))
        self.counts["coverage"].update(list_coverage(movie))


def list_coverage(movie: MovieRecord) -> Iterator[str]:
    """Yield the names of the items that a movie has, such as "poster" or "subtitles"."""
    present = {
        "nfo": movie.nfo.state in _READABLE_STATES,
        "poster": csv_rows.has_picture(movie, "poster"),
        "fanart": csv_rows.has_picture(movie, "fanart"),
        "plot": movie.nfo.plot,
        "tmdb_id": movie.match.tmdb_id,
        "imdb_id": movie.match.imdb_id,
        "certificate": movie.facts is not None and movie.facts.certificate,
        "subtitles": any(True for _ in csv_rows.subtitle_languages(movie)),
    }
    return (name for name in COVERAGE_ITEMS if present[name])


def _list_counted_values(movie: MovieRecord) -> Iterator[tuple[str, Iterable[str]]]:
    picture, facts = media_text.largest_video_stream(movie.videos), movie.facts
    yield "matches", [movie.match.match or "not_looked_up"]
    yield "decades", [f"{movie.year // 10}0s" if movie.year else _UNKNOWN]
    yield "genres", facts.genres if facts else ()
    yield "certificates", [(facts.certificate if facts else "") or _UNKNOWN]
    yield "resolutions", [media_text.resolution_name(picture) or _UNKNOWN]
    yield "video_codecs", [(picture.codec if picture else "") or _UNKNOWN]
    yield "hdr", [media_text.hdr_name(picture) or "none"] if picture else [_UNKNOWN]
    yield "containers", (file.facts.container for file in movie.videos if file.facts)
    yield "audio_codecs", (track.codec or _UNKNOWN for track in csv_rows.audio_streams(movie))
    yield (
        "audio_languages",
        (
            language_names.language_code(track.language) or _UNKNOWN
            for track in csv_rows.audio_streams(movie)
        ),
    )
    yield (
        "subtitle_languages",
        (code.replace("?", _UNKNOWN) for code in csv_rows.subtitle_languages(movie)),
    )
    yield "editions", [movie.edition] if movie.edition else ()
