"""The data model of a movie's JSON record; see `movie_record`."""

from __future__ import annotations

import msgspec

from mediakeep.issue import Issue
from mediakeep.lookups.access import Locale
from mediakeep.movies import diagnose
from mediakeep.movies.account import NfoState, Sidecar, Twin
from mediakeep.movies.model import Image, Name, Subtitle, Video

FORMAT = 1


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A candidate for the movie, or a missing movie of its collection."""

    tmdb_id: int
    title: str = ""
    year: int = 0
    original_title: str = ""
    confidence: float = 0.0
    director: str = ""
    runtime: int = 0  # minutes
    against: dict[str, float] = {}


class Match(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The identity of the movie, its confidence, and what decided."""

    match: str = ""
    by: str = ""
    tmdb_id: int = 0
    imdb_id: str = ""
    confidence: float = 0.0
    candidates: tuple[Choice, ...] = ()
    conflicts: tuple[str, ...] = ()
    removed: tuple[int, ...] = ()
    why: str = ""  # why a lookup failed


class Facts(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What TMDb has on it, as far as it is counted and compared."""

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


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """The NFO: its place, how reading it ended, and whether it has a plot."""

    state: NfoState = NfoState.NONE
    place: str = ""
    plot: bool = False


class Record(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The record of one movie; places are relative to `root`, the report to the home."""

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
    name: Name = Name()
    match: Match = Match()
    facts: Facts | None = None
    duration: float = 0.0  # seconds
    videos: tuple[Video, ...] = ()
    subtitles: tuple[Subtitle, ...] = ()
    images: tuple[Image, ...] = ()
    nfo: Note = Note()
    made: tuple[Sidecar, ...] = ()
    held: tuple[Sidecar, ...] = ()
    twins: tuple[Twin, ...] = ()
    gaps: tuple[Choice, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def decisions(self) -> tuple[Issue, ...]:
        """The issues that need a decision by the user."""
        return tuple(filter(diagnose.needs_person, self.issues))
