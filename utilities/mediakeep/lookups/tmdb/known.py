"""Which movie each file is, kept beside the raw answers of TMDb, and found by its ids.

A resolved movie lies under the key of its item, with the question that it answers: as long as that
is the same, nobody is asked again. What TMDb told is kept no longer than its terms allow; what it
was taken to be stays.
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
    """A movie that may be meant, and what speaks for and against it; `confidence` 0 to 1."""

    hit: Hit
    confidence: float
    director: str = ""  # where details were asked for
    runtime: int = 0  # minutes
    title: str = ""  # the one of its titles that is nearest
    against: dict[str, float] = {}  # what was taken off for what: "title", "year", "runtime"...


class Resolved(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the look-up of one movie; `tmdb_id` is 0 where it is not certain."""

    key: str
    question: str  # digest of what is known here, and of the language
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
    asked: str = ""  # when, as ISO 8601
    removed: tuple[int, ...] = ()  # ids given here that TMDb has no more
    candidates: tuple[Candidate, ...] = ()
    poster_url: str = ""
    fanart_url: str = ""


class Known(Ledger):
    """The tables of one folder of caches; NoCache where they cannot be written."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__(folder / FILE, _SCHEMA)
        self._clock = clock

    def resolved(self, key: str) -> Resolved | None:
        """Return what became of a movie's look-up; None where there was none."""
        return unpacked(self._base.read(f"{_READ} key = ?", key), Resolved)

    def keep(self, key: str, resolved: Resolved) -> None:
        """Keep what a look-up came to in place of what was known before."""
        self._base.write(_row(key, resolved))

    @property
    def is_bare(self) -> bool:
        """Whether no movie is known, as after the caches were deleted."""
        return self._base.read("SELECT 1 FROM resolved LIMIT 1") is None

    def adopt(self, found: Iterable[Resolved]) -> None:
        """Keep what movies were taken to be, as somebody else remembers it."""
        self._base.write(*(_row(one.key, one) for one in found))

    def rename(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Let what was looked up be under new keys: old key -> new key and path."""
        for old, (new, path) in names.items():
            if known := self.resolved(old):
                self.keep(new, structs.replace(known, key=new, path=path))
                self.forget(old)

    def forget(self, key: str) -> None:
        """Forget what became of a movie's look-up."""
        self._base.write(("DELETE FROM resolved WHERE key = ?", (key,)))

    def holders(self, tmdb_id: int) -> tuple[Resolved, ...]:
        """Return all that were taken to be a movie, by its id at TMDb; in the order of keys."""
        where = "tmdb = ? AND tmdb > 0 ORDER BY key"
        return _all(self._base.rows(f"{_READ} {where}", tmdb_id))

    def collected(self, collection_id: int) -> tuple[Resolved, ...]:
        """Return the movies of the library in a collection of TMDb; in the order of keys."""
        where = "collection = ? AND collection > 0 ORDER BY key"
        return _all(self._base.rows(f"{_READ} {where}", collection_id))

    def every(self) -> Iterator[Resolved]:
        """Give all movies that were looked up, in the order of keys."""
        yield from _all(self._base.rows("SELECT content FROM resolved ORDER BY key"))

    def searches(self) -> list[Row]:
        """Return what was searched for: addresses, times in seconds, and answers as they lie."""
        where = f"instr(asked, '/{terms.VERSION}/search/') > 0 ORDER BY asked"
        return self._base.rows(f"SELECT asked, kept, content FROM answers WHERE {where}")

    def sweep(self) -> None:
        """Take out of the file what TMDb told and may not be kept any longer."""
        now = self._clock()
        end = clock.text(datetime.fromtimestamp(now - terms.LONGEST, UTC))
        old = "asked <> '' AND asked <= ?"
        faded = [_faded(one) for one in _all(self._base.rows(f"{_READ} {old}", end))]
        self._base.write(*shelf.expired(terms.KEPT, now), *faded)


def _row(key: str, one: Resolved) -> Statement:
    return _WRITE, (key, one.tmdb_id, one.collection_id, one.asked, packed(one))


def _faded(one: Resolved) -> Statement:
    """Keep what a movie was taken to be, without what TMDb tells of it."""
    kept = Resolved(
        key=one.key,
        question=one.question,
        match=one.match,
        by=one.by,
        tmdb_id=one.tmdb_id,
        imdb_id=one.imdb_id,
        edition=one.edition,
        path=one.path,
        collection_id=one.collection_id,
        confidence=one.confidence,
        removed=one.removed,
    )
    return _row(one.key, kept)


def _all(rows: list[Row]) -> tuple[Resolved, ...]:
    return tuple(one for row in rows if (one := unpacked(row, Resolved)))
