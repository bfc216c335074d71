"""The data model of a movie's JSON record; see `movie_record`."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mediakeep.issue import Issue
from mediakeep.lookups.service_config import Locale
from mediakeep.movies import diagnose
from mediakeep.movies.model import MovieImage, MovieName, MovieVideo, SubtitleFile
from mediakeep.movies.result import DuplicateMovie, NfoState, SidecarOutcome

RECORD_FORMAT = 1
_MIN_PENALTY = 0.005  # smaller penalties are not shown


class RecordedCandidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A candidate for a movie, or a missing movie of its collection, in the JSON record."""

    tmdb_id: int
    title: str = ""
    year: int = 0
    original_title: str = ""
    confidence: float = 0.0
    director: str = ""
    runtime: int = 0  # minutes
    against: dict[str, float] = {}


def list_shown_penalties(against: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return what speaks against a candidate, the highest penalty first, without tiny ones."""
    shown = [(name, abs(value)) for name, value in against.items() if abs(value) >= _MIN_PENALTY]
    return sorted(shown, key=lambda entry: -entry[1])


class RecordedMatch(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The identity of a movie in its JSON record: the ID, the confidence, and what decided."""

    match: str = ""
    by: str = ""
    tmdb_id: int = 0
    imdb_id: str = ""
    confidence: float = 0.0
    candidates: tuple[RecordedCandidate, ...] = ()
    conflicts: tuple[str, ...] = ()
    removed: tuple[int, ...] = ()
    why: str = ""  # why a lookup failed


class RecordedMovieInfo(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What TMDb knows of a movie, as far as reports count and compare it."""

    title: str = ""
    original_title: str = ""
    original_language: str = ""
    release_date: str = ""
    runtime: int = 0  # minutes
    rating: float = 0.0
    votes: int = 0
    genres: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()  # codes
    directors: tuple[str, ...] = ()
    certificate: str = ""  # of the configured country
    collection_id: int = 0
    collection: str = ""


class RecordedNfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """The NFO of a movie in its JSON record: its path, the result of reading it, and its plot.

    `plot` is True if the NFO has a plot.
    """

    state: NfoState = NfoState.NONE
    place: str = ""
    plot: bool = False


class MovieRecord(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The JSON record of one movie.

    Paths called `place` are relative to `root`; the path of the report is relative to the home
    folder.
    """

    format: int
    key: str
    path: str
    root: str = ""
    report: str = ""
    title: str = ""
    year: int = 0
    edition: str = ""
    disc: str = ""
    locale: Locale = Locale()
    name: MovieName = MovieName()
    match: RecordedMatch = RecordedMatch()
    facts: RecordedMovieInfo | None = None
    duration: float = 0.0  # seconds
    videos: tuple[MovieVideo, ...] = ()
    subtitles: tuple[SubtitleFile, ...] = ()
    images: tuple[MovieImage, ...] = ()
    nfo: RecordedNfo = RecordedNfo()
    made: tuple[SidecarOutcome, ...] = ()
    held: tuple[SidecarOutcome, ...] = ()
    twins: tuple[DuplicateMovie, ...] = ()
    gaps: tuple[RecordedCandidate, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def decisions(self) -> tuple[Issue, ...]:
        """The issues of the movie that need a decision by the user."""
        return tuple(filter(diagnose.needs_decision, self.issues))
