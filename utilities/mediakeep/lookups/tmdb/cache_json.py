"""Export of the TMDb lookups to status/movies/tmdb_cache.json.

The file contains the identified movies, and the searches of the last days with their first results.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mediakeep import clock
from mediakeep.lookups import cache_export as records
from mediakeep.lookups.cache_export import CacheExport, JsonObject, without_empty
from mediakeep.lookups.tmdb.lookup_store import MovieCandidate, ResolvedMovie, TmdbStore
from mediakeep.sqlite.sqlite_cache import Row

FILE_NAME = "tmdb_cache.json"
_QUERY_PARAMETERS = "query", "primary_release_year", "year", "language"  # exported
_MAX_HITS = 5  # results of each search


class _SearchHit(msgspec.Struct):
    """A movie in a search response, reduced to the exported fields."""

    id: int
    title: str | None = None
    release_date: str | None = None


class _SearchPage(msgspec.Struct):
    """A search response, reduced to the exported fields."""

    results: list[_SearchHit]


def check_file(folder: Path, store: TmdbStore) -> list[str]:
    """Clear the TMDb store if the user deleted the JSON file; rewrite a damaged file.

    Return messages for the user. `folder` is the cache folder; the JSON file is next to the movie
    queue.
    """
    return _build_export(folder, store).check_file()


def set_host(store: TmdbStore, host: str) -> list[str]:
    """Record the URL of the TMDb server that is queried now, and delete expired data.

    Return messages for the user.
    """
    store.remove_expired()
    return records.record_host(store, host)


def export(folder: Path, store: TmdbStore) -> None:
    """Write the TMDb lookups to the JSON file.

    If the user deleted the file meanwhile, clear the store instead. `folder` is the cache folder.
    """
    store.remove_expired()
    _build_export(folder, store).write_file()


def _build_export(folder: Path, store: TmdbStore) -> CacheExport:
    def tell() -> JsonObject:
        # Encoded one by one: the export of a large library takes a tenth of the memory.
        movies = {movie.key: _encode(_movie_to_json(movie)) for movie in store.iter_resolved()}
        searches = [_encode(search) for search in _searches_to_json(store.search_rows())]
        return {"movies": movies, "searches": searches}

    return CacheExport(folder.parent / "movies" / FILE_NAME, "movies", store, tell)


def _encode(entry: JsonObject) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(entry))


def _movie_to_json(movie: ResolvedMovie) -> JsonObject:
    """Return the JSON entry of a movie; other candidates are omitted if the match is certain."""
    candidates = [] if movie.tmdb_id else list(map(_candidate_to_json, movie.candidates))
    entry: JsonObject = {
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
    return without_empty(entry)


def _candidate_to_json(candidate: MovieCandidate) -> JsonObject:
    hit = candidate.hit
    entry = {"tmdb_id": hit.id, "title": hit.title, "release_date": hit.release_date}
    entry["director"] = candidate.director
    return without_empty(entry) | {"confidence": candidate.confidence}


def _searches_to_json(rows: list[Row]) -> Iterator[JsonObject]:
    """Yield the cached searches with their first results as JSON; damaged rows are skipped."""
    for url, stored, content in rows:
        try:
            page = msgspec.json.decode(zlib.decompress(content), type=_SearchPage)
            when = clock.format_iso(datetime.fromtimestamp(stored, UTC))
            words = dict(parse_qsl(urlsplit(url).query))
        except (ValueError, TypeError, OverflowError, OSError, zlib.error, RecursionError):
            continue
        hits = [
            without_empty({"tmdb_id": hit.id, "title": hit.title, "release_date": hit.release_date})
            for hit in page.results[:_MAX_HITS]
        ]
        yield {name: words[name] for name in _QUERY_PARAMETERS if name in words} | {
            "asked": when,
            "hits": hits,
        }
