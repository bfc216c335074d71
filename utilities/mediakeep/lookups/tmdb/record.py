"""status/movies/tmdb_cache.json: what was looked up at TMDb, for people to read.

It holds which movie each file is, and what was searched for in the last days, with the first hits.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mediakeep import clock
from mediakeep.lookups import export as records
from mediakeep.lookups.database import Row
from mediakeep.lookups.export import Record, Told, filled
from mediakeep.lookups.tmdb.known import Candidate, Known, Resolved

FILE = "tmdb_cache.json"
_ASKED = "query", "primary_release_year", "year", "language"  # what a search says of itself
_HITS = 5  # of each search: the first ones


class _Hit(msgspec.Struct):
    """What the record tells of a movie that was found: a fraction of what the answer says."""

    id: int
    title: str | None = None
    release_date: str | None = None


class _Page(msgspec.Struct):
    """The answer to a search, as far as the record tells of it."""

    results: list[_Hit]


def check(folder: Path, known: Known) -> list[str]:
    """Take a record that is gone as the wish to have all looked up anew; say what was found.

    `folder` is that of caches, here and below: the record lies with its queue, as no cache does.
    """
    return _record(folder, known).check()


def settle(known: Known, host: str) -> list[str]:
    """Note which host is asked from now on, and drop what may not be kept; say what that means."""
    known.sweep()
    return records.settle(known, host)


def export(folder: Path, known: Known) -> None:
    """Write the record, if anything is known; one that was deleted meanwhile is not written."""
    known.sweep()
    _record(folder, known).export()


def _record(folder: Path, known: Known) -> Record:
    def tell() -> Told:
        # As bytes at once: so the record of a large library takes a tenth of the memory.
        movies = {one.key: _written(_told(one)) for one in known.every()}
        searches = [_written(one) for one in _searches(known.searches())]
        return {"movies": movies, "searches": searches}

    return Record(folder.parent / "movies" / FILE, "movies", known, tell)


def _written(told: Told) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(told))


def _told(one: Resolved) -> Told:
    """Return what the record says of a movie; of one that is certain, not what else it might be."""
    candidates = [] if one.tmdb_id else list(map(_candidate, one.candidates))
    told: Told = {
        "match": one.match,
        "found_by": one.by,
        "confidence": one.confidence,
        "tmdb_id": one.tmdb_id,
        "imdb_id": one.imdb_id,
        "title": one.title,
        "year": one.year,
        "release_date": one.release_date,
        "edition": one.edition,
        "collection_id": one.collection_id,
        "poster_url": one.poster_url,
        "fanart_url": one.fanart_url,
        "removed": list(one.removed),
        "candidates": candidates,
        "asked": one.asked,
    }
    return filled(told)


def _candidate(one: Candidate) -> Told:
    hit = one.hit
    told = {"tmdb_id": hit.id, "title": hit.title, "release_date": hit.release_date}
    return filled(told | {"director": one.director}) | {"confidence": one.confidence}


def _searches(rows: list[Row]) -> Iterator[Told]:
    """Give the searches with their hits; a row that is spoilt is left out."""
    for asked, kept, content in rows:
        try:
            page = msgspec.json.decode(zlib.decompress(content), type=_Page)
            when = clock.text(datetime.fromtimestamp(kept, UTC))
            words = dict(parse_qsl(urlsplit(asked).query))
        except (ValueError, TypeError, OverflowError, OSError, zlib.error, RecursionError):
            continue
        hits = [
            filled({"tmdb_id": one.id, "title": one.title, "release_date": one.release_date})
            for one in page.results[:_HITS]
        ]
        yield {name: words[name] for name in _ASKED if name in words} | {
            "asked": when,
            "hits": hits,
        }
