"""Find other movies of the library: duplicates, and movies of the same collection."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

from mediakeep import clock, path_text
from mediakeep.errors import NoSuchMovie
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.lookups.tmdb.lookup_store import ResolvedMovie
from mediakeep.lookups.tmdb.model import MovieSummary
from mediakeep.movies import model
from mediakeep.movies.identify.model import MovieIdentity
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.result import DuplicateMovie


def find_duplicates(
    local: LocalMovie, identity: MovieIdentity, tmdb_context: TmdbContext
) -> Iterator[DuplicateMovie]:
    """Yield the other movies of the library that have the same TMDb ID and edition."""
    if not (identity.is_certain and identity.tmdb_id):
        return
    for movie in tmdb_context.store.find_by_tmdb_id(identity.tmdb_id):
        same = path_text.normalize_name(movie.edition) == path_text.normalize_name(local.edition)
        if same and movie.key != local.key and _path_exists(path := _current_path(movie, local)):
            yield DuplicateMovie(movie.key, path_text.escape_path(path), movie.edition)


def find_missing_in_collection(
    identity: MovieIdentity, owned_ids: Collection[int], tmdb_context: TmdbContext
) -> tuple[MovieSummary, ...]:
    """Return the released movies of a movie's collection that the library does not have.

    `owned_ids` are the TMDb IDs of those that it has. Raise LookupSkipped or ServiceFailed if the
    collection cannot be looked up.
    """
    movie = identity.movie
    if movie is None or movie.collection is None:
        return ()
    try:
        parts = tmdb_context.tmdb.get_collection(movie.collection.id).parts
    except NoSuchMovie:
        return ()
    return tuple(_filter_released(parts, owned_ids, clock.now().date()))


def find_owned_in_collection(
    local: LocalMovie, identity: MovieIdentity, tmdb_context: TmdbContext
) -> set[int]:
    """Return the TMDb IDs of a collection's movies in the library, including this movie."""
    film = identity.movie
    if film is None or film.collection is None:
        return set()
    others = tmdb_context.store.find_by_collection(film.collection.id)
    return {
        film.id,
        *(movie.tmdb_id for movie in others if _path_exists(_current_path(movie, local))),
    }


def _filter_released(
    parts: Collection[MovieSummary], owned_ids: Collection[int], today: date
) -> Iterator[MovieSummary]:
    for movie in parts:
        if (
            movie.id not in owned_ids
            and movie.release_date
            and movie.release_date <= today.isoformat()
        ):
            yield movie


def _current_path(movie: ResolvedMovie, local: LocalMovie) -> Path:
    """Return the current path of another movie, from its key and this movie's library."""
    library = model.library_root(Path(path_text.unescape_path(local.path)), local.key)
    return library / path_text.unescape_path(movie.key)


def _path_exists(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - never raises
