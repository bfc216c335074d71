"""Cache the identity of a movie until its query changes."""

from __future__ import annotations

from msgspec import structs

from mediakeep import clock
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.lookups.tmdb.lookup_store import ResolvedMovie, TmdbStore
from mediakeep.movies.identify.clues import IdentityQuery
from mediakeep.movies.identify.model import MatchStatus, MovieIdentity
from mediakeep.movies.model import LocalMovie


def load(tmdb_store: TmdbStore, key: str, query: IdentityQuery) -> MovieIdentity | None:
    """Return the cached identity of a movie, without details, or None if the query has changed."""
    cached = tmdb_store.get_resolved(key)
    if cached is None or cached.question != query.digest:
        return None
    return MovieIdentity(
        status=MatchStatus(cached.match),
        decided_by=cached.by,
        tmdb_id=cached.tmdb_id,
        imdb_id=cached.imdb_id,
        confidence=cached.confidence,
        candidates=cached.candidates,
        removed_ids=cached.removed,
    )


def store(
    tmdb_context: TmdbContext, local: LocalMovie, query: IdentityQuery, identity: MovieIdentity
) -> None:
    """Store the identity of a movie in the cache, unless it equals the cached one."""
    cached = tmdb_context.store.get_resolved(local.key)
    entry = _build_entry(tmdb_context.config.pictures.host, local, query, identity)
    if cached is None or structs.replace(cached, asked="") != entry:
        tmdb_context.store.save_resolved(
            local.key, structs.replace(entry, asked=clock.format_iso(clock.now()))
        )


def _build_entry(
    host: str, local: LocalMovie, query: IdentityQuery, identity: MovieIdentity
) -> ResolvedMovie:
    entry = ResolvedMovie(
        key=local.key,
        question=query.digest,
        match=identity.status.value,
        by=identity.decided_by,
        tmdb_id=identity.tmdb_id,
        imdb_id=identity.imdb_id,
        edition=local.edition,
        path=local.path,
        confidence=identity.confidence,
        removed=identity.removed_ids,
        candidates=identity.candidates,
    )
    if not (movie := identity.movie):
        return entry
    from mediakeep.lookups.tmdb.client import picture_url  # imported already by the request

    return structs.replace(
        entry,
        title=movie.title,
        year=movie.year,
        release_date=movie.release_date,
        collection_id=movie.collection.id if movie.collection else 0,
        poster_url=picture_url(host, movie.posters[0].path) if movie.posters else "",
        fanart_url=picture_url(host, movie.backdrops[0].path) if movie.backdrops else "",
    )
