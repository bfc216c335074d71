"""Export of the TMDb lookups to status/movies/tmdb_cache.json.

It contains the identified movies, and the searches of the last days with their first results.
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
_ASKED = "query", "primary_release_year", "year", "language"  # exported
_HITS = 5  # results of each search


class _Hit(msgspec.Struct):
    """A search result, reduced to the exported fields."""

    id: int
    title: str | None = None
    release_date: str | None = None


class _Page(msgspec.Struct):
    """A search response, reduced to the exported fields."""

    results: list[_Hit]


def check(folder: Path, store: Known) -> list[str]:
    """Clear the store if the file was deleted, rewrite a damaged file; return messages.

    `folder` is the cache folder, here and below; the export itself is next to the movie queue.
    """
    return _record(folder, store).check()


def settle(store: Known, host: str) -> list[str]:
    """Record the queried host, and delete expired data; return messages."""
    store.sweep()
    return records.settle(store, host)


def export(folder: Path, store: Known) -> None:
    """Write the file; if it was deleted meanwhile, clear the store instead."""
    store.sweep()
    _record(folder, store).export()


def _record(folder: Path, store: Known) -> Record:
    def tell() -> Told:
        # Encoded one by one: the export of a large library takes a tenth of the memory.
        movies = {movie.key: _written(_told(movie)) for movie in store.every()}
        searches = [_written(search) for search in _searches(store.searches())]
        return {"movies": movies, "searches": searches}

    return Record(folder.parent / "movies" / FILE, "movies", store, tell)


def _written(entry: Told) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(entry))


def _told(movie: Resolved) -> Told:
    """Return the entry of a movie; candidates are omitted if it is certain."""
    candidates = [] if movie.tmdb_id else list(map(_candidate, movie.candidates))
    entry: Told = {
        "match": movie.match,
        "found_by": movie.by,
        "confidence": movie.confidence,
        "tmdb_id": movie.tmdb_id,
        "imdb_id": movie.imdb_id,
        "title": movie.title,
        "year": movie.year,
        "release_date": movie.release_date,
        "edition": movie.edition,
        "collection_id": movie.collection_id,
        "poster_url": movie.poster_url,
        "fanart_url": movie.fanart_url,
        "removed": list(movie.removed),
        "candidates": candidates,
        "asked": movie.asked,
    }
    return filled(entry)


def _candidate(candidate: Candidate) -> Told:
    hit = candidate.hit
    entry = {"tmdb_id": hit.id, "title": hit.title, "release_date": hit.release_date}
    entry["director"] = candidate.director
    return filled(entry) | {"confidence": candidate.confidence}


def _searches(rows: list[Row]) -> Iterator[Told]:
    """Yield the searches with their first results; skip damaged rows."""
    for url, stored, content in rows:
        try:
            page = msgspec.json.decode(zlib.decompress(content), type=_Page)
            when = clock.text(datetime.fromtimestamp(stored, UTC))
            words = dict(parse_qsl(urlsplit(url).query))
        except (ValueError, TypeError, OverflowError, OSError, zlib.error, RecursionError):
            continue
        hits = [
            filled({"tmdb_id": hit.id, "title": hit.title, "release_date": hit.release_date})
            for hit in page.results[:_HITS]
        ]
        yield {name: words[name] for name in _ASKED if name in words} | {
            "asked": when,
            "hits": hits,
        }
