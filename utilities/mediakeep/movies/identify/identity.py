"""Which movie a file is: asked where that is needed, and kept.

1. Ids that are stated decide: those of a person in the queue, of the NFO, of the name. Details of a
   movie are kept for half a year, so that this asks nobody a second time.
2. Where the question is the one that was answered before, and with certainty, nothing is searched.
3. Else a search by the name finds it, or leaves it to a person.
4. A person who is to confirm each one has the last word, but on what one has said before. What
   they decide later stays open until they are asked again, or the question changes.

Where a service cannot be asked, that ends the look-up of this movie, and what was known serves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from msgspec import structs

from mediakeep.errors import NoSuchMovie, NotAsked, ServiceFailed, Stopped
from mediakeep.item import MovieItem
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.lookups.tmdb.films import Movie as Known
from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.movies.identify import claims, kept, question, score, stated
from mediakeep.movies.identify.choice import Choice, Choose, NeverAsk
from mediakeep.movies.identify.claims import Claims
from mediakeep.movies.identify.question import Question
from mediakeep.movies.identify.search import SHOWN, Search
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.model import Movie

_LATER = "later"  # what decided, where the user wants to decide later


def of(
    local: Movie,
    item: MovieItem,
    nfo_ids: Mapping[str, str],
    desk: Desk,
    choose: Choose | None = None,
) -> Identity:
    """Find out which movie it is, as far as that is allowed; NeverAsk and Stopped by the user.

    `nfo_ids` are the ids of its NFO by "tmdb" and "imdb"; `choose` asks a person to confirm.
    """
    asked = question.of(local, stated.ids(local, item, nfo_ids), desk.access.locale.language)
    if desk.is_empty:
        return _left(asked, None, desk.access.refusal())
    before = kept.of(desk.known, local.key, asked)
    try:
        found = _answered(asked, before, desk)
        if choose and found.by != "queue":
            found = _confirmed(found, asked, desk, partial(choose, local))
    except (NotAsked, ServiceFailed) as error:
        return _left(asked, before, error)
    kept.keep(desk, local, asked, found)
    return found


def _answered(asked: Question, before: Identity | None, desk: Desk) -> Identity:
    if desk.access.fresh and not desk.access.is_open:
        raise desk.access.refusal()
    told = Claims(desk.tmdb, asked.clue)
    found = told.settle(asked.stated)
    gone: tuple[int, ...] = ()
    if before and before.by == _LATER and not desk.access.fresh:
        found = before
    if found is None and before and before.tmdb_id and not desk.access.fresh:
        try:
            found = structs.replace(before, movie=desk.tmdb.movie(before.tmdb_id))
        except NoSuchMovie:  # it was removed since
            gone = (before.tmdb_id,)
    found = found or _searched(asked, desk)
    removed = tuple(dict.fromkeys((*found.removed, *told.removed, *gone)))
    found = structs.replace(found, conflicts=tuple(told.conflicts), removed=removed)
    is_refused = bool(asked.stated) and asked.stated[0].by == "queue" != found.by
    return _reopened(found) if is_refused and found.is_certain else found


def _reopened(found: Identity) -> Identity:
    """Ask a person again whose id TMDb does not know: what else is near is not what was meant."""
    return structs.replace(found, sure=Sure.REVIEW, tmdb_id=0, imdb_id="", movie=None)


def _searched(asked: Question, desk: Desk) -> Identity:
    found = Search(desk.tmdb, asked.clue).run()
    best = found.candidates[0].confidence if found.candidates else 0.0
    return Identity(
        sure=found.sure,
        by="search",
        tmdb_id=found.movie.id if found.movie else 0,
        imdb_id=found.movie.imdb_id if found.movie else "",
        confidence=best,
        movie=found.movie,
        candidates=found.candidates,
    )


def _confirmed(
    found: Identity, asked: Question, desk: Desk, choose: Callable[[Identity], Choice]
) -> Identity:
    """Ask a person, again where TMDb does not know the id that was given."""
    found = structs.replace(found, candidates=_described(found.candidates, asked, desk))
    shown = found
    while True:
        said = choose(shown)
        if said.what == "stop":
            raise Stopped
        if said.what == "never":
            raise NeverAsk
        if said.what == "later":
            return _postponed(found)
        try:
            return _said(desk.tmdb.movie(said.tmdb_id or said.imdb_id), asked, found)
        except NoSuchMovie as error:
            shown = structs.replace(found, why=str(error))


def _postponed(found: Identity) -> Identity:
    """Leave it open which movie it is, with all candidates, until the user decides."""
    is_near = found.is_certain and found.candidates
    sure = Sure.REVIEW if is_near or found.sure is Sure.REVIEW else Sure.UNMATCHED
    return structs.replace(found, sure=sure, by=_LATER, tmdb_id=0, imdb_id="", movie=None)


def _described(
    candidates: tuple[Candidate, ...], asked: Question, desk: Desk
) -> tuple[Candidate, ...]:
    """Add to the first few candidates what tells them apart for a person."""
    told = []
    for one in candidates[:SHOWN]:
        try:
            movie = desk.tmdb.movie(one.hit.id)
        except NoSuchMovie:  # it was removed since the search
            continue
        told.append(score.candidate(asked.clue, one.hit, movie))
    return (*score.ranked(told), *candidates[SHOWN:])


def _said(movie: Known, asked: Question, found: Identity) -> Identity:
    """Take the movie that a person named."""
    own = score.candidate(asked.clue, claims.hit(movie), movie)
    others = [one for one in found.candidates if one.hit.id != movie.id]
    return structs.replace(
        found,
        sure=Sure.USER,
        by="person",
        tmdb_id=movie.id,
        imdb_id=movie.imdb_id,
        confidence=1.0,
        movie=movie,
        candidates=(own, *others),
    )


def _left(asked: Question, before: Identity | None, error: Exception) -> Identity:
    """Say why it could not be asked; what is known is known as well as before."""
    why, failed = str(error), isinstance(error, ServiceFailed)
    if before:
        return structs.replace(before, why=why, failed=failed)
    first = asked.stated[0] if asked.stated else None
    return Identity(
        by=first.by if first else "",
        tmdb_id=first.tmdb_id if first else 0,
        imdb_id=first.imdb_id if first else "",
        why=why,
        failed=failed,
    )
