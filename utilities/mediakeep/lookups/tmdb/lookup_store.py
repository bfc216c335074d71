"""Store of TMDb lookup results, searchable by TMDb id and collection.

The result for a movie is stored under the key of its queue item, with a digest of the query. While
the digest stays the same, no request is made. Data from TMDb is deleted when its terms require; the
id of each movie stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import clock
from mediakeep.lookups.lookup_store import LookupStore, decode_compressed, encode_compressed
from mediakeep.lookups.tmdb import constants
from mediakeep.lookups.tmdb.match_state import MatchState
from mediakeep.lookups.tmdb.model import MovieSummary
from mediakeep.sqlite.sqlite_cache import Row, Statement

FILE_NAME = "tmdb.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS resolved (
    key TEXT PRIMARY KEY, tmdb INTEGER NOT NULL, collection INTEGER NOT NULL, asked TEXT NOT NULL,
    content BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS holders ON resolved (tmdb) WHERE tmdb > 0;
CREATE INDEX IF NOT EXISTS collected ON resolved (collection) WHERE collection > 0;
"""
_REPLACE = "INSERT OR REPLACE INTO resolved VALUES (?, ?, ?, ?, ?)"
_SELECT = "SELECT content FROM resolved WHERE"


class MovieCandidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A TMDb movie that may match, with its penalties; `confidence` is from 0 to 1."""

    hit: MovieSummary
    confidence: float
    director: str = ""  # if its details were requested
    runtime: int = 0  # minutes
    title: str = ""  # the most similar one of its titles
    against: dict[str, float] = {}  # penalties by reason: "title", "year", "runtime"...


class ResolvedMovie(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Result of the lookup of one movie; `tmdb_id` is 0 if the match is not certain."""

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
    candidates: tuple[MovieCandidate, ...] = ()
    poster_url: str = ""
    fanart_url: str = ""


class TmdbStore(LookupStore):
    """The store of TMDb lookup results in a cache folder.

    Methods raise NoCache if the file cannot be read or written.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__(folder / FILE_NAME, _SCHEMA)
        self._clock = clock

    def get_resolved(self, key: str) -> ResolvedMovie | None:
        """Return the stored lookup result of the movie with an item key, or None."""
        return decode_compressed(self._file.query_row(f"{_SELECT} key = ?", key), ResolvedMovie)

    def save_resolved(self, key: str, resolved: ResolvedMovie) -> None:
        """Save the lookup result of the movie with an item key, replacing an earlier one."""
        self._file.execute_all(_insert_statement(key, resolved))

    @property
    def has_no_movies(self) -> bool:
        """Whether the store contains no movies, as after the caches were deleted."""
        return self._file.query_row("SELECT 1 FROM resolved LIMIT 1") == ()

    def import_resolved(self, movies: Iterable[ResolvedMovie]) -> None:
        """Save lookup results that were stored elsewhere, such as in the queue."""
        self._file.execute_all(*(_insert_statement(movie.key, movie) for movie in movies))

    def rename_keys(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Store lookup results under new item keys; `names` maps old keys to new keys and paths."""
        for old, (new, path) in names.items():
            if movie := self.get_resolved(old):
                self.save_resolved(new, structs.replace(movie, key=new, path=path))
                self.remove_resolved(old)

    def remove_resolved(self, key: str) -> None:
        """Delete the lookup result of the movie with an item key."""
        self._file.execute_all(("DELETE FROM resolved WHERE key = ?", (key,)))

    def find_by_tmdb_id(self, tmdb_id: int) -> tuple[ResolvedMovie, ...]:
        """Return the lookup results of all items identified as this movie, sorted by item key."""
        where = "tmdb = ? AND tmdb > 0 ORDER BY key"
        return _unpack_all(self._file.query_rows(f"{_SELECT} {where}", tmdb_id))

    def find_by_collection(self, collection_id: int) -> tuple[ResolvedMovie, ...]:
        """Return the movies of the library in a TMDb collection, sorted by item key."""
        where = "collection = ? AND collection > 0 ORDER BY key"
        return _unpack_all(self._file.query_rows(f"{_SELECT} {where}", collection_id))

    def iter_resolved(self) -> Iterator[ResolvedMovie]:
        """Yield the lookup results of all movies, sorted by item key."""
        yield from _unpack_all(self._file.query_rows("SELECT content FROM resolved ORDER BY key"))

    def search_rows(self) -> list[Row]:
        """Return the valid searches: URL, time in seconds since 1970, and compressed response."""
        where = f"instr(asked, '{constants.SEARCH_PATH}') > 0 AND kept > ? ORDER BY asked"
        query = f"SELECT asked, kept, content FROM answers WHERE {where}"
        return self._file.query_rows(query, self._clock() - constants.SEARCH_LIFETIME)

    def remove_expired(self) -> None:
        """Delete data of TMDb that may not be stored any longer."""
        oldest = self._clock() - constants.MAX_LIFETIME
        end = clock.format_iso(datetime.fromtimestamp(oldest, UTC))
        old = "asked <> '' AND asked <= ?"
        faded = [
            _expire_statement(movie)
            for movie in _unpack_all(self._file.query_rows(f"{_SELECT} {old}", end))
        ]
        self._file.execute_all(("DELETE FROM answers WHERE kept <= ?", (oldest,)), *faded)


def _insert_statement(key: str, movie: ResolvedMovie) -> Statement:
    return _REPLACE, (
        key,
        movie.tmdb_id,
        movie.collection_id,
        movie.asked,
        encode_compressed(movie),
    )


def _expire_statement(movie: ResolvedMovie) -> Statement:
    """Return the SQL statement that deletes TMDb's data of a movie, but keeps its ids."""
    identity = ResolvedMovie(
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
    return _insert_statement(movie.key, identity)


def _unpack_all(rows: list[Row]) -> tuple[ResolvedMovie, ...]:
    return tuple(movie for row in rows if (movie := decode_compressed(row, ResolvedMovie)))
