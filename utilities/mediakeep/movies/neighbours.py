"""Other movies of the library: the same ones as a movie, and those of its collection."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

from mediakeep import clock, files
from mediakeep.errors import NoSuchMovie
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.lookups.tmdb.films import Hit
from mediakeep.lookups.tmdb.known import Resolved
from mediakeep.movies.account import Twin
from mediakeep.movies.identify.verdict import Identity
from mediakeep.movies.model import Movie


def twins(local: Movie, identity: Identity, desk: Desk) -> Iterator[Twin]:
    """Give the other movies of the library with the same id, in the same edition."""
    if not (identity.is_certain and identity.tmdb_id):
        return
    for one in desk.known.holders(identity.tmdb_id):
        same = files.fold(one.edition) == files.fold(local.name.edition)
        if same and one.key != local.key and _is_there(one):
            yield Twin(one.key, one.path, one.edition)


def gaps(identity: Identity, desk: Desk) -> tuple[Hit, ...]:
    """Return the released movies of its collection that are not here.

    NotAsked and ServiceFailed where nobody could be asked which belong to it.
    """
    film = identity.movie
    if film is None or film.collection is None:
        return ()
    try:
        parts = desk.tmdb.collection(film.collection.id).parts
    except NoSuchMovie:
        return ()
    collected = desk.known.collected(film.collection.id)
    here = {film.id, *(one.tmdb_id for one in collected if _is_there(one))}
    return tuple(_released(parts, here, clock.now().date()))


def _released(parts: Collection[Hit], here: Collection[int], today: date) -> Iterator[Hit]:
    for one in parts:
        if one.id not in here and one.release_date and one.release_date <= today.isoformat():
            yield one


def _is_there(one: Resolved) -> bool:
    return Path(files.unescape(one.path)).exists()
