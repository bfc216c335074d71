"""Store of TMDb lookup results, searchable by TMDb id and collection.

A resolved movie is stored under the key of its item with a digest of the query; while the digest
stays the same, no request is made. Data from TMDb is deleted when its terms require; the identity
of each movie stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import clock
from mediakeep.item import MatchState
from mediakeep.lookups import shelf
from mediakeep.lookups.database import Row, Statement
from mediakeep.lookups.ledger import Ledger, packed, unpacked
from mediakeep.lookups.tmdb import terms
from mediakeep.lookups.tmdb.films import Hit

FILE = "tmdb.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS resolved (
    key TEXT PRIMARY KEY, tmdb INTEGER NOT NULL, collection INTEGER NOT NULL, asked TEXT NOT NULL,
    content BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS holders ON resolved (tmdb) WHERE tmdb > 0;
CREATE INDEX IF NOT EXISTS collected ON resolved (collection) WHERE collection > 0;
"""
_WRITE = "INSERT OR REPLACE INTO resolved VALUES (?, ?, ?, ?, ?)"
_READ = "SELECT content FROM resolved WHERE"


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A possible match with its penalties; `confidence` is 0 to 1."""

    hit: Hit
    confidence: float
    director: str = ""  # if its details were requested
    runtime: int = 0  # minutes
    title: str = ""  # the most similar one of its titles
    against: dict[str, float] = {}  # penalties by reason: "title", "year", "runtime"...


class Resolved(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Result of the lookup of one movie; `tmdb_id` is 0 if it is not certain."""

    key: str
    question: str  # digest of the query and the language
    match: MatchState = ""
    by: str = ""  # what decided: "queue", "nfo", "name", "search" or "person"
    tmdb_id: int = 0
    imdb_id: str = ""
    title: str = ""
    year: int = 0
    release_date: str = ""
    edition: str = ""
    path: str = ""  # of the item, escaped
    collection_id: int = 0
    confidence: float = 0.0
    asked: str = ""  # time of the lookup, ISO 8601
    removed: tuple[int, ...] = ()  # ids in the library that TMDb has deleted
    candidates: tuple[Candidate, ...] = ()
    poster_url: str = ""
    fanart_url: str = ""


class Known(Ledger):
    """The store in a cache folder; raises NoCache if it cannot be written."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__(folder / FILE, _SCHEMA)
        self._clock = clock

    def resolved(self, key: str) -> Resolved | None:
        """Return the lookup result of a movie, or None."""
        return unpacked(self._base.read(f"{_READ} key = ?", key), Resolved)

    def keep(self, key: str, resolved: Resolved) -> None:
        """Save a lookup result, replacing an earlier one."""
        self._base.write(_row(key, resolved))

    @property
    def is_bare(self) -> bool:
        """Whether the store is empty, as after the caches were deleted."""
        return self._base.read("SELECT 1 FROM resolved LIMIT 1") is None

    def adopt(self, movies: Iterable[Resolved]) -> None:
        """Save results that were stored elsewhere, such as in the queue."""
        self._base.write(*(_row(movie.key, movie) for movie in movies))

    def rename(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Change the keys of lookup results: old key -> new key and path."""
        for old, (new, path) in names.items():
            if movie := self.resolved(old):
                self.keep(new, structs.replace(movie, key=new, path=path))
                self.forget(old)

    def forget(self, key: str) -> None:
        """Delete the lookup result of a movie."""
        self._base.write(("DELETE FROM resolved WHERE key = ?", (key,)))

    def holders(self, tmdb_id: int) -> tuple[Resolved, ...]:
        """Return all items identified as a movie, sorted by key."""
        where = "tmdb = ? AND tmdb > 0 ORDER BY key"
        return _all(self._base.rows(f"{_READ} {where}", tmdb_id))

    def collected(self, collection_id: int) -> tuple[Resolved, ...]:
        """Return the movies of the library in a TMDb collection, sorted by key."""
        where = "collection = ? AND collection > 0 ORDER BY key"
        return _all(self._base.rows(f"{_READ} {where}", collection_id))

    def every(self) -> Iterator[Resolved]:
        """Yield the lookup results of all movies, sorted by key."""
        yield from _all(self._base.rows("SELECT content FROM resolved ORDER BY key"))

    def searches(self) -> list[Row]:
        """Return the cached searches: URL, time in seconds, and compressed response."""
        where = f"instr(asked, '/{terms.VERSION}/search/') > 0 ORDER BY asked"
        return self._base.rows(f"SELECT asked, kept, content FROM answers WHERE {where}")

    def sweep(self) -> None:
        """Delete data of TMDb that may not be stored any longer."""
        now = self._clock()
        end = clock.text(datetime.fromtimestamp(now - terms.LONGEST, UTC))
        old = "asked <> '' AND asked <= ?"
        faded = [_faded(movie) for movie in _all(self._base.rows(f"{_READ} {old}", end))]
        self._base.write(*shelf.expired(terms.KEPT, now), *faded)


def _row(key: str, movie: Resolved) -> Statement:
    return _WRITE, (key, movie.tmdb_id, movie.collection_id, movie.asked, packed(movie))


def _faded(movie: Resolved) -> Statement:
    """Return the statement that keeps the identity of a movie without the data of TMDb."""
    identity = Resolved(
        key=movie.key,
        question=movie.question,
        match=movie.match,
        by=movie.by,
        tmdb_id=movie.tmdb_id,
        imdb_id=movie.imdb_id,
        edition=movie.edition,
        path=movie.path,
        collection_id=movie.collection_id,
        confidence=movie.confidence,
        removed=movie.removed,
    )
    return _row(movie.key, identity)


def _all(rows: list[Row]) -> tuple[Resolved, ...]:
    return tuple(movie for row in rows if (movie := unpacked(row, Resolved)))
