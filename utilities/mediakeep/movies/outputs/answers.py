"""Which movie it is and how that is known, or which it may be, in the words of its report."""

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
_AGAINST = 0.005  # what was taken off for less is not told


class Option(msgspec.Struct, frozen=True):
    """A movie that may be meant."""

    title: str
    facts: str
    confidence: str
    against: str
    link: str
    command: str


def lead(account: Account) -> str:
    """Say which movie it is, and how sure that is."""
    told = account.identity
    if told.sure is Sure.UNKNOWN:
        return "Not looked up yet: what follows is told by the files alone"
    if told.sure is Sure.UNMATCHED:
        known = "TMDb knows no movie that is near"
        return known if account.local.name.title else "Its name tells no title to look for"
    if told.sure is Sure.REVIEW:
        return "Not certain: nothing is written before you choose"
    how = _BY.get(told.by, "")
    sure = f"{told.confidence * 100:.0f} % sure" if told.by == "search" else ""
    return ", ".join(filter(None, (_movie(account), how, sure)))


def _movie(account: Account) -> str:
    movie = account.identity.movie
    if movie is None:
        return f"TMDb {account.identity.tmdb_id}"
    name = f"{movie.title} ({movie.year})" if movie.year else movie.title
    other = movie.original_title not in ("", movie.title)
    original = f'originally "{movie.original_title}"' if other else ""
    by = f"by {' and '.join(movie.directors[:2])}" if movie.directors else ""
    length = f"{movie.runtime} min" if movie.runtime else ""
    return ", ".join(filter(None, (name, original, by, length)))


def link(account: Account) -> str:
    """Return the address of the movie at TMDb; "" where it is not certain."""
    known = account.identity.tmdb_id
    return f"{_SITE}/{known}" if known and account.is_certain else ""


def options(account: Account, home: Path) -> Iterator[Option]:
    """Give the movies that may be meant, the likeliest first, while that is not certain."""
    if account.is_certain:
        return
    for one in account.identity.candidates:
        year = f" ({one.hit.year})" if one.hit.year else ""
        length = f"{one.runtime} min" if one.runtime else ""
        by = f"by {one.director}" if one.director else ""
        original = one.hit.original_title if one.hit.original_title != one.hit.title else ""
        yield Option(
            title=f"{one.hit.title}{year}",
            facts=", ".join(filter(None, (original, by, length))),
            confidence=f"{one.confidence:.2f}",
            against=_against(one),
            link=f"{_SITE}/{one.hit.id}",
            command=decisions.choose(home, account.local.key, one.hit.id),
        )


def _against(one: Candidate) -> str:
    told = sorted(one.against.items(), key=lambda entry: -abs(entry[1]))
    return ", ".join(f"{what} {abs(off):.2f}" for what, off in told if abs(off) >= _AGAINST)
