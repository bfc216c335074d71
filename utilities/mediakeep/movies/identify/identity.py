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

from mediakeep.errors import NoSuchMovie, NotAsked, ServiceFailed, Stopped
from mediakeep.item import MovieItem
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.lookups.tmdb.films import Movie as TmdbMovie
from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.movies.identify import claims, kept, question, score, stated
from mediakeep.movies.identify.choice import Choice, Choose, NeverAsk
from mediakeep.movies.identify.claims import Claims
from mediakeep.movies.identify.question import Question
from mediakeep.movies.identify.search import SHOWN, Search
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.model import Movie

_LATER = "later"  # the user wants to decide later


def of(
    local: Movie,
    item: MovieItem,
    nfo_ids: Mapping[str, str],
    desk: Desk,
    choose: Choose | None = None,
) -> Identity:
    """Identify a movie as far as allowed. The user can raise NeverAsk and Stopped.

    `nfo_ids` are the IDs in its NFO, by "tmdb" and "imdb"; `choose` asks the user to confirm.
    """
    query = question.of(local, stated.ids(local, item, nfo_ids), desk.access.locale.language)
    if desk.is_empty:
        return _left(query, None, desk.access.refusal())
    previous = kept.of(desk.known, local.key, query)
    try:
        identity = _answered(query, previous, desk)
        if choose and identity.by != "queue":
            identity = _confirmed(identity, query, desk, partial(choose, local))
    except (NotAsked, ServiceFailed) as error:
        return _left(query, previous, error)
    kept.keep(desk, local, query, identity)
    return identity


def _answered(query: Question, previous: Identity | None, desk: Desk) -> Identity:
    if desk.access.fresh and not desk.access.is_open:
        raise desk.access.refusal()
    id_lookup = Claims(desk.tmdb, query.clue)
    identity = id_lookup.settle(query.stated)
    removed_since: tuple[int, ...] = ()
    if previous and previous.by == _LATER and not desk.access.fresh:
        identity = previous
    if identity is None and previous and previous.tmdb_id and not desk.access.fresh:
        try:
            identity = structs.replace(previous, movie=desk.tmdb.movie(previous.tmdb_id))
        except NoSuchMovie:  # removed since then
            removed_since = (previous.tmdb_id,)
    identity = identity or _searched(query, desk)
    removed = tuple(dict.fromkeys((*identity.removed, *id_lookup.removed, *removed_since)))
    identity = structs.replace(identity, conflicts=tuple(id_lookup.conflicts), removed=removed)
    is_rejected = bool(query.stated) and query.stated[0].by == "queue" != identity.by
    return _reopened(identity) if is_rejected and identity.is_certain else identity


def _reopened(identity: Identity) -> Identity:
    """Ask again if TMDb does not know the ID chosen by the user: similar movies are not it."""
    return structs.replace(identity, sure=Sure.REVIEW, tmdb_id=0, imdb_id="", movie=None)


def _searched(query: Question, desk: Desk) -> Identity:
    result = Search(desk.tmdb, query.clue).run()
    best = result.candidates[0].confidence if result.candidates else 0.0
    return Identity(
        sure=result.sure,
        by="search",
        tmdb_id=result.movie.id if result.movie else 0,
        imdb_id=result.movie.imdb_id if result.movie else "",
        confidence=best,
        movie=result.movie,
        candidates=result.candidates,
    )


def _confirmed(
    identity: Identity, query: Question, desk: Desk, choose: Callable[[Identity], Choice]
) -> Identity:
    """Let the user choose; ask again if TMDb does not know the given ID."""
    identity = structs.replace(identity, candidates=_described(identity.candidates, query, desk))
    shown = identity
    while True:
        choice = choose(shown)
        if choice.what == "stop":
            raise Stopped
        if choice.what == "never":
            raise NeverAsk
        if choice.what == "later":
            return _postponed(identity)
        try:
            return _said(desk.tmdb.movie(choice.tmdb_id or choice.imdb_id), query, identity)
        except NoSuchMovie as error:
            shown = structs.replace(identity, why=str(error))


def _postponed(identity: Identity) -> Identity:
    """Leave the identity open, with all candidates, until the user decides."""
    is_near = identity.is_certain and identity.candidates
    sure = Sure.REVIEW if is_near or identity.sure is Sure.REVIEW else Sure.UNMATCHED
    return structs.replace(identity, sure=sure, by=_LATER, tmdb_id=0, imdb_id="", movie=None)


def _described(
    candidates: tuple[Candidate, ...], query: Question, desk: Desk
) -> tuple[Candidate, ...]:
    """Add details to the first candidates, so that the user can tell them apart."""
    detailed = []
    for listed in candidates[:SHOWN]:
        try:
            movie = desk.tmdb.movie(listed.hit.id)
        except NoSuchMovie:  # removed since the search
            continue
        detailed.append(score.candidate(query.clue, listed.hit, movie))
    return (*score.ranked(detailed), *candidates[SHOWN:])


def _said(movie: TmdbMovie, query: Question, identity: Identity) -> Identity:
    """Accept the movie that the user chose."""
    candidate = score.candidate(query.clue, claims.hit(movie), movie)
    others = [listed for listed in identity.candidates if listed.hit.id != movie.id]
    return structs.replace(
        identity,
        sure=Sure.USER,
        by="person",
        tmdb_id=movie.id,
        imdb_id=movie.imdb_id,
        confidence=1.0,
        movie=movie,
        candidates=(candidate, *others),
    )


def _left(query: Question, previous: Identity | None, error: Exception) -> Identity:
    """Keep the previous identity, and note why the lookup failed."""
    why, failed = str(error), isinstance(error, ServiceFailed)
    if previous:
        return structs.replace(previous, why=why, failed=failed)
    first = query.stated[0] if query.stated else None
    return Identity(
        by=first.by if first else "",
        tmdb_id=first.tmdb_id if first else 0,
        imdb_id=first.imdb_id if first else "",
        why=why,
        failed=failed,
    )
