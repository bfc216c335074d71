"""Format the identity of a movie, or the candidates for it, for its report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.movies.account import Account
from mediakeep.movies.identify.verdict import Sure
from mediakeep.movies.outputs import decisions

_SITE = "https://www.themoviedb.org/movie"
_BY = {
    "queue": "you chose it",
    "person": "you chose it",
    "nfo": "by its NFO",
    "name": "by the id in its name",
    "search": "by its name",
}
_AGAINST = 0.005  # smaller penalties are not shown


class Option(msgspec.Struct, frozen=True):
    """A candidate in the report."""

    title: str
    facts: str
    confidence: str
    against: str
    link: str
    command: str


def lead(result: Account) -> str:
    """Return the sentence that identifies the movie, with its confidence."""
    identity = result.identity
    if identity.sure is Sure.UNKNOWN:
        return "Not looked up yet: what follows is based on the files alone"
    if identity.sure is Sure.UNMATCHED:
        no_match = "TMDb has no movie with a similar name"
        return no_match if result.local.name.title else "Its name has no title to search for"
    if identity.sure is Sure.REVIEW:
        return "Not certain: nothing is written until you choose"
    source = _BY.get(identity.by, "")
    sure = f"{identity.confidence * 100:.0f} % sure" if identity.by == "search" else ""
    return ", ".join(filter(None, (_movie(result), source, sure)))


def _movie(result: Account) -> str:
    movie = result.identity.movie
    if movie is None:
        return f"TMDb {result.identity.tmdb_id}"
    name = f"{movie.title} ({movie.year})" if movie.year else movie.title
    other = movie.original_title not in ("", movie.title)
    original = f'originally "{movie.original_title}"' if other else ""
    by = f"by {' and '.join(movie.directors[:2])}" if movie.directors else ""
    length = f"{movie.runtime} min" if movie.runtime else ""
    return ", ".join(filter(None, (name, original, by, length)))


def link(result: Account) -> str:
    """Return the URL of the movie at TMDb, or "" if it is not identified."""
    tmdb_id = result.identity.tmdb_id
    return f"{_SITE}/{tmdb_id}" if tmdb_id and result.is_certain else ""


def options(result: Account, home: Path) -> Iterator[Option]:
    """Yield the candidates, most likely first, unless the movie is identified."""
    if result.is_certain:
        return
    for candidate in result.identity.candidates:
        year = f" ({candidate.hit.year})" if candidate.hit.year else ""
        length = f"{candidate.runtime} min" if candidate.runtime else ""
        by = f"by {candidate.director}" if candidate.director else ""
        original = (
            candidate.hit.original_title
            if candidate.hit.original_title != candidate.hit.title
            else ""
        )
        yield Option(
            title=f"{candidate.hit.title}{year}",
            facts=", ".join(filter(None, (original, by, length))),
            confidence=f"{candidate.confidence:.2f}",
            against=_against(candidate),
            link=f"{_SITE}/{candidate.hit.id}",
            command=decisions.choose(home, result.local.key, candidate.hit.id),
        )


def _against(candidate: Candidate) -> str:
    penalties = sorted(candidate.against.items(), key=lambda entry: -abs(entry[1]))
    return ", ".join(
        f"{name} {abs(penalty):.2f}" for name, penalty in penalties if abs(penalty) >= _AGAINST
    )
