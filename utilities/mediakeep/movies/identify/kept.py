"""Cache the identity of a movie until its query changes."""

from __future__ import annotations

from msgspec import structs

from mediakeep import clock
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.lookups.tmdb.known import Known, Resolved
from mediakeep.movies.identify.question import Question
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.model import Movie


def of(known: Known, key: str, query: Question) -> Identity | None:
    """Return the cached answer to a query, without details, or None if the query has changed."""
    cached = known.resolved(key)
    if cached is None or cached.question != query.digest:
        return None
    return Identity(
        sure=Sure(cached.match),
        by=cached.by,
        tmdb_id=cached.tmdb_id,
        imdb_id=cached.imdb_id,
        confidence=cached.confidence,
        candidates=cached.candidates,
        removed=cached.removed,
    )


def keep(desk: Desk, local: Movie, query: Question, identity: Identity) -> None:
    """Store an identity, unless it equals the cached one."""
    cached = desk.known.resolved(local.key)
    entry = _resolved(desk.access.pictures.host, local, query, identity)
    if cached is None or structs.replace(cached, asked="") != entry:
        desk.known.keep(local.key, structs.replace(entry, asked=clock.text(clock.now())))


def _resolved(host: str, local: Movie, query: Question, identity: Identity) -> Resolved:
    entry = Resolved(
        key=local.key,
        question=query.digest,
        match=identity.sure.value,
        by=identity.by,
        tmdb_id=identity.tmdb_id,
        imdb_id=identity.imdb_id,
        edition=local.edition,
        path=local.path,
        confidence=identity.confidence,
        removed=identity.removed,
        candidates=identity.candidates,
    )
    if not (movie := identity.movie):
        return entry
    from mediakeep.lookups.tmdb.service import picture_url  # imported already by the request

    return structs.replace(
        entry,
        title=movie.title,
        year=movie.year,
        release_date=movie.release_date,
        collection_id=movie.collection.id if movie.collection else 0,
        poster_url=picture_url(host, movie.posters[0].path) if movie.posters else "",
        fanart_url=picture_url(host, movie.backdrops[0].path) if movie.backdrops else "",
    )
