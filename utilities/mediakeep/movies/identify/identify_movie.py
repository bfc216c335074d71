"""Identify a movie, look it up if necessary, and cache the result.

1. Known IDs decide: those of the user in the queue, of the NFO, of the name. Details of a movie
   are cached for half a year, so this needs no second request.
2. If the same query was answered before with certainty, nothing is searched.
3. Otherwise a search by name finds the movie, or leaves the choice to the user.
4. With confirmation by the user, the user decides, except for earlier choices. A choice that is
   postponed stays open until the user is asked again, or the query changes.

If a service is unavailable, the lookup of this movie ends, and the previous identity is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from msgspec import structs

from mediakeep import clock
from mediakeep.errors import LookupSkipped, NoSuchMovie, ServiceFailed, Stopped
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.lookups.tmdb.lookup_store import MovieCandidate, ResolvedMovie, TmdbStore
from mediakeep.lookups.tmdb.model import Movie as TmdbMovie
from mediakeep.movies.identify import by_id, clues, known_ids, score
from mediakeep.movies.identify.by_id import IdLookup
from mediakeep.movies.identify.clues import IdentityQuery
from mediakeep.movies.identify.model import (
    ChooseMovie,
    MatchStatus,
    MovieChoice,
    MovieIdentity,
    NeverAsk,
)
from mediakeep.movies.identify.search import DETAILED_CANDIDATES, MovieSearch
from mediakeep.movies.item import MovieItem
from mediakeep.movies.model import LocalMovie

_DECIDE_LATER = "later"  # the user wants to decide later


def identify(
    local: LocalMovie,
    item: MovieItem,
    nfo_ids: Mapping[str, str],
    tmdb_context: TmdbContext,
    choose: ChooseMovie | None = None,
) -> MovieIdentity:
    """Identify a movie as far as the settings allow.

    `nfo_ids` are the IDs in its NFO, by "tmdb" and "imdb"; `choose` asks the user to confirm.
    Raises NeverAsk and Stopped if the user answers so.
    """
    query = clues.build_query(
        local, known_ids.collect_ids(local, item, nfo_ids), tmdb_context.config.locale.language
    )
    if tmdb_context.is_unavailable:
        return _keep_previous(query, None, tmdb_context.config.build_skipped_error())
    previous = _load_identity(tmdb_context.store, local.key, query)
    try:
        identity = _resolve(query, previous, tmdb_context)
        if choose and identity.decided_by != "queue":
            identity = _confirm_with_user(identity, query, tmdb_context, partial(choose, local))
    except (LookupSkipped, ServiceFailed) as error:
        return _keep_previous(query, previous, error)
    _store_identity(tmdb_context, local, query, identity)
    return identity


def _resolve(
    query: IdentityQuery, previous: MovieIdentity | None, tmdb_context: TmdbContext
) -> MovieIdentity:
    if tmdb_context.config.fresh and not tmdb_context.config.is_enabled:
        raise tmdb_context.config.build_skipped_error()
    id_lookup = IdLookup(tmdb_context.tmdb, query.clue)
    identity = id_lookup.resolve(query.stated)
    removed_since: tuple[int, ...] = ()
    if previous and previous.decided_by == _DECIDE_LATER and not tmdb_context.config.fresh:
        identity = previous
    if identity is None and previous and previous.tmdb_id and not tmdb_context.config.fresh:
        try:
            identity = structs.replace(
                previous, movie=tmdb_context.tmdb.get_movie(previous.tmdb_id)
            )
        except NoSuchMovie:  # removed since then
            removed_since = (previous.tmdb_id,)
    identity = identity or _search_by_name(query, tmdb_context)
    removed = tuple(dict.fromkeys((*identity.removed_ids, *id_lookup.removed_ids, *removed_since)))
    identity = structs.replace(identity, conflicts=tuple(id_lookup.conflicts), removed_ids=removed)
    is_rejected = bool(query.stated) and query.stated[0].by == "queue" != identity.decided_by
    return _reopen_for_review(identity) if is_rejected and identity.is_certain else identity


def _reopen_for_review(identity: MovieIdentity) -> MovieIdentity:
    """Ask the user again if TMDb does not know the ID that the user chose.

    Similar movies are not accepted in its place.
    """
    return structs.replace(identity, status=MatchStatus.REVIEW, tmdb_id=0, imdb_id="", movie=None)


def _search_by_name(query: IdentityQuery, tmdb_context: TmdbContext) -> MovieIdentity:
    result = MovieSearch(tmdb_context.tmdb, query.clue).run()
    best = result.candidates[0].confidence if result.candidates else 0.0
    return MovieIdentity(
        status=result.status,
        decided_by="search",
        tmdb_id=result.movie.id if result.movie else 0,
        imdb_id=result.movie.imdb_id if result.movie else "",
        confidence=best,
        movie=result.movie,
        candidates=result.candidates,
    )


def _confirm_with_user(
    identity: MovieIdentity,
    query: IdentityQuery,
    tmdb_context: TmdbContext,
    choose: Callable[[MovieIdentity], MovieChoice],
) -> MovieIdentity:
    """Let the user choose the movie; ask again if TMDb does not know the given ID."""
    identity = structs.replace(
        identity, candidates=_add_details(identity.candidates, query, tmdb_context)
    )
    shown = identity
    while True:
        choice = choose(shown)
        if choice.action == "stop":
            raise Stopped
        if choice.action == "never":
            raise NeverAsk
        if choice.action == "later":
            return _postpone_choice(identity)
        try:
            return _accept_choice(
                tmdb_context.tmdb.get_movie(choice.tmdb_id or choice.imdb_id), query, identity
            )
        except NoSuchMovie as error:
            shown = structs.replace(identity, lookup_error=str(error))


def _postpone_choice(identity: MovieIdentity) -> MovieIdentity:
    """Return the identity as undecided, with all candidates, until the user decides."""
    is_near = identity.is_certain and identity.candidates
    match_status = (
        MatchStatus.REVIEW
        if is_near or identity.status is MatchStatus.REVIEW
        else MatchStatus.UNMATCHED
    )
    return structs.replace(
        identity, status=match_status, decided_by=_DECIDE_LATER, tmdb_id=0, imdb_id="", movie=None
    )


def _add_details(
    candidates: tuple[MovieCandidate, ...], query: IdentityQuery, tmdb_context: TmdbContext
) -> tuple[MovieCandidate, ...]:
    """Add details to the first candidates, so that the user can distinguish them."""
    detailed = []
    for listed in candidates[:DETAILED_CANDIDATES]:
        try:
            movie = tmdb_context.tmdb.get_movie(listed.hit.id)
        except NoSuchMovie:  # removed since the search
            continue
        detailed.append(score.rate_candidate(query.clue, listed.hit, movie))
    return (*score.rank_candidates(detailed), *candidates[DETAILED_CANDIDATES:])


def _accept_choice(
    movie: TmdbMovie, query: IdentityQuery, identity: MovieIdentity
) -> MovieIdentity:
    """Return an identity that accepts the movie chosen by the user."""
    candidate = score.rate_candidate(query.clue, by_id.movie_to_summary(movie), movie)
    others = [listed for listed in identity.candidates if listed.hit.id != movie.id]
    return structs.replace(
        identity,
        status=MatchStatus.USER,
        decided_by="person",
        tmdb_id=movie.id,
        imdb_id=movie.imdb_id,
        confidence=1.0,
        movie=movie,
        candidates=(candidate, *others),
    )


def _keep_previous(
    query: IdentityQuery, previous: MovieIdentity | None, error: Exception
) -> MovieIdentity:
    """Return the previous identity, with the reason why the new lookup failed."""
    why, failed = str(error), isinstance(error, ServiceFailed)
    if previous:
        return structs.replace(previous, lookup_error=why, is_service_failure=failed)
    first = query.stated[0] if query.stated else None
    return MovieIdentity(
        decided_by=first.by if first else "",
        tmdb_id=first.tmdb_id if first else 0,
        imdb_id=first.imdb_id if first else "",
        lookup_error=why,
        is_service_failure=failed,
    )


def _load_identity(tmdb_store: TmdbStore, key: str, query: IdentityQuery) -> MovieIdentity | None:
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


def _store_identity(
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
