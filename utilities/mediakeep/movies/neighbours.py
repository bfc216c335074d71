"""Other movies of the library: the same ones as a movie, and those of its collection."""

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
    """Give the other movies of the library with the same id, in the same edition."""
    if not (identity.is_certain and identity.tmdb_id):
        return
    for one in desk.known.holders(identity.tmdb_id):
        same = files.fold(one.edition) == files.fold(local.edition)
        if same and one.key != local.key and _is_there(path := _place(one, local)):
            yield Twin(one.key, files.escape(path), one.edition)


def gaps(identity: Identity, here: Collection[int], desk: Desk) -> tuple[Hit, ...]:
    """Return the released movies of its collection that are not among those that are `here`.

    NotAsked and ServiceFailed where nobody could be asked which belong to it.
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
    """Return which movies of its collection are here, itself too; none where it is in none."""
    film = identity.movie
    if film is None or film.collection is None:
        return set()
    others = desk.known.collected(film.collection.id)
    return {film.id, *(one.tmdb_id for one in others if _is_there(_place(one, local)))}


def _released(parts: Collection[Hit], here: Collection[int], today: date) -> Iterator[Hit]:
    for one in parts:
        if one.id not in here and one.release_date and one.release_date <= today.isoformat():
            yield one


def _place(one: Resolved, local: Movie) -> Path:
    """Return where another movie of the library lies by its key, wherever that was moved to."""
    library = model.library(Path(files.unescape(local.path)), local.key)
    return library / files.unescape(one.key)


def _is_there(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - this one never raises
