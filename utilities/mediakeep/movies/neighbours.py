"""Find other movies of the library: duplicates, and movies of the same collection."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

from mediakeep import clock, files
from mediakeep.errors import NoSuchMovie
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.lookups.tmdb.films import Hit
from mediakeep.lookups.tmdb.known import Resolved
from mediakeep.movies import model
from mediakeep.movies.account import Twin
from mediakeep.movies.identify.verdict import Identity
from mediakeep.movies.model import Movie


def twins(local: Movie, identity: Identity, desk: Desk) -> Iterator[Twin]:
    """Yield the other movies of the library with the same ID and edition."""
    if not (identity.is_certain and identity.tmdb_id):
        return
    for movie in desk.known.holders(identity.tmdb_id):
        same = files.fold(movie.edition) == files.fold(local.edition)
        if same and movie.key != local.key and _is_there(path := _place(movie, local)):
            yield Twin(movie.key, files.escape(path), movie.edition)


def gaps(identity: Identity, here: Collection[int], desk: Desk) -> tuple[Hit, ...]:
    """Return the released movies of its collection that are not in `here`.

    Raise NotAsked or ServiceFailed if the collection cannot be looked up.
    """
    film = identity.movie
    if film is None or film.collection is None:
        return ()
    try:
        parts = desk.tmdb.collection(film.collection.id).parts
    except NoSuchMovie:
        return ()
    return tuple(_released(parts, here, clock.now().date()))


def collected(local: Movie, identity: Identity, desk: Desk) -> set[int]:
    """Return the TMDb IDs of the collection's movies in the library, this one included."""
    film = identity.movie
    if film is None or film.collection is None:
        return set()
    others = desk.known.collected(film.collection.id)
    return {film.id, *(movie.tmdb_id for movie in others if _is_there(_place(movie, local)))}


def _released(parts: Collection[Hit], here: Collection[int], today: date) -> Iterator[Hit]:
    for movie in parts:
        if movie.id not in here and movie.release_date and movie.release_date <= today.isoformat():
            yield movie


def _place(movie: Resolved, local: Movie) -> Path:
    """Return the current path of another movie, from its key and this movie's library."""
    library = model.library(Path(files.unescape(local.path)), local.key)
    return library / files.unescape(movie.key)


def _is_there(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - never raises
