"""Estimate how many requests to TMDb the lookups of movies need."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mediakeep.movies.item import MovieItem

REQUESTS_BY_ID, REQUESTS_BY_NAME = 1, 2  # requests for the details of a movie
PICTURE_REQUESTS = 2  # poster and fanart


def estimate_requests(items: Mapping[str, MovieItem], cached_keys: Collection[str]) -> int:
    """Return the estimated number of requests to TMDb for the given movies.

    Keys in `cached_keys` are those of movies whose lookup is cached. Movies whose IDs are only in
    their names or NFOs are counted as lookups by name, as no file is read for the estimate.
    """
    new = [item for key, item in items.items() if key not in cached_keys]
    with_id = sum(bool(item.tmdb_id or item.imdb_id) for item in new)
    return (
        with_id * REQUESTS_BY_ID
        + (len(new) - with_id) * REQUESTS_BY_NAME
        + len(new) * PICTURE_REQUESTS
    )
