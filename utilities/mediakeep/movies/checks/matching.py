"""Checks of which movie it is; they say nothing before a service was asked."""

from __future__ import annotations

from mediakeep import files
from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.movies.account import Account
from mediakeep.movies.identify.verdict import Sure

_TOLD = 3  # candidates, twins, gaps that a detail names
_LETTERS = 100  # of a title


def no_match(account: Account) -> str | None:
    """TMDb knows no movie that is near; the detail tells what was looked for."""
    if account.identity.sure is not Sure.UNMATCHED or not account.local.name.title:
        return None
    nearest = [_candidate(one) for one in account.identity.candidates]
    detail = f"nothing like {named(account.local.name.title, account.local.name.year)}"
    verb = "is" if len(nearest) == 1 else "are"
    return detail + (f"; the nearest {verb} {_listed(nearest, ' or ')}" if nearest else "")


def ambiguous_match(account: Account) -> str | None:
    """Several movies are near, or something speaks against the nearest."""
    if account.identity.sure is not Sure.REVIEW:
        return None
    return _listed([_candidate(one) for one in account.identity.candidates], " or ")


def id_conflict(account: Account) -> str | None:
    """Ids of the queue, the NFO and the names that are of different movies."""
    return "; ".join(one.rstrip(".") for one in account.identity.conflicts) or None


def removed_id(account: Account) -> str | None:
    """An id that TMDb has no more."""
    return ", ".join(map(str, account.identity.removed)) or None


def invalid_id(account: Account) -> str | None:
    """What stands in the NFO for an id and cannot be one."""
    told = [f"{service} {quoted(text)}" for service, text in account.nfo.invalid_ids]
    return f"the NFO says {_listed(told, ' and ')}" if told else None


def duplicate_movie(account: Account) -> str | None:
    """The same movie, in the same edition, elsewhere in the library."""
    twins = [quoted(one.key) for one in account.twins]
    return f"the same as {_listed(twins, ', ')}" if twins and account.is_certain else None


def wrong_year(account: Account) -> str | None:
    """The year of the name is more than one off that of the movie."""
    told = _years(account)
    return f"{told[0]} in its name, {told[1]} at TMDb" if told and _apart(told) > 1 else None


def year_off_by_one(account: Account) -> str | None:
    """The year of the name is just one off: premiere and release fell into different years."""
    told = _years(account)
    return f"{told[0]} in its name, {told[1]} at TMDb" if told and _apart(told) == 1 else None


def collection_gap(account: Account) -> str | None:
    """Movies of its collection that are not in the library."""
    movie = account.identity.movie
    if movie is None or movie.collection is None or not account.gaps:
        return None
    lacking = [named(one.title, one.year) for one in account.gaps]
    return f"{quoted(movie.collection.name)} lacks {_listed(lacking, ', ')}"


def certification_missing(account: Account) -> str | None:
    """No release in the country that was asked for bears a certificate."""
    movie, country = account.identity.movie, account.locale.country
    if movie is None:
        return None
    known = {one.country for one in movie.certificates if one.certification}
    if country in known:
        return None
    return f"none of {country}" + (f", but of {_listed(sorted(known), ', ')}" if known else "")


def named(title: str, year: int) -> str:
    """Name a movie in a detail: its title in quotes, its year in brackets."""
    return quoted(title) + (f" ({year})" if year else "")


def quoted(text: str) -> str:
    """Quote a text for a detail: one line, and not too long."""
    shown = text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
    return f'"{files.printable(shown)}"'


def _candidate(one: Candidate) -> str:
    return f"{named(one.hit.title, one.hit.year)} at {one.confidence:.2f}"


def _listed(parts: list[str], between: str) -> str:
    more = len(parts) - _TOLD
    return between.join(parts[:_TOLD]) + (f" and {more:,} more" if more > 0 else "")


def _years(account: Account) -> tuple[int, int] | None:
    movie, year = account.identity.movie, account.local.name.year
    return (year, movie.year) if movie and movie.year and year else None


def _apart(years: tuple[int, int]) -> int:
    return abs(years[0] - years[1])
