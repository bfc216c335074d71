"""What was found out about a movie, kept until the question changes."""

from __future__ import annotations

from msgspec import structs

from mediakeep import clock
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.lookups.tmdb.known import Known, Resolved
from mediakeep.movies.identify.question import Question
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.model import Movie


def of(known: Known, key: str, asked: Question) -> Identity | None:
    """Return what a question came to before, without details; None where it was another one."""
    before = known.resolved(key)
    if before is None or before.question != asked.digest:
        return None
    return Identity(
        sure=Sure(before.match),
        by=before.by,
        tmdb_id=before.tmdb_id,
        imdb_id=before.imdb_id,
        confidence=before.confidence,
        candidates=before.candidates,
        removed=before.removed,
    )


def keep(desk: Desk, local: Movie, asked: Question, found: Identity) -> None:
    """Keep what was found; nothing is written where that is what was known before."""
    before = desk.known.resolved(local.key)
    new = _resolved(desk.access.pictures.host, local, asked, found)
    if before is None or structs.replace(before, asked="") != new:
        desk.known.keep(local.key, structs.replace(new, asked=clock.text(clock.now())))


def _resolved(host: str, local: Movie, asked: Question, found: Identity) -> Resolved:
    plain = Resolved(
        key=local.key,
        question=asked.digest,
        match=found.sure.value,
        by=found.by,
        tmdb_id=found.tmdb_id,
        imdb_id=found.imdb_id,
        edition=local.edition,
        path=local.path,
        confidence=found.confidence,
        removed=found.removed,
        candidates=found.candidates,
    )
    if not (movie := found.movie):
        return plain
    from mediakeep.lookups.tmdb.service import picture_url  # loaded by now, as it was asked

    return structs.replace(
        plain,
        title=movie.title,
        year=movie.year,
        release_date=movie.release_date,
        collection_id=movie.collection.id if movie.collection else 0,
        poster_url=picture_url(host, movie.posters[0].path) if movie.posters else "",
        fanart_url=picture_url(host, movie.backdrops[0].path) if movie.backdrops else "",
    )
