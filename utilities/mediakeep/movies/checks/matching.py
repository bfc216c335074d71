"""Checks of a movie's identity. Most of them need a finished lookup."""

from __future__ import annotations

from mediakeep import files
from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.movies.account import Account
from mediakeep.movies.identify.verdict import Sure

_TOLD = 3  # candidates or movies that a detail lists
_LETTERS = 100  # of a quoted text


def no_match(result: Account) -> str | None:
    """Nothing similar was found at TMDb; the detail says what was searched for."""
    if result.identity.sure is not Sure.UNMATCHED or not result.local.name.title:
        return None
    similar = [_candidate(rated) for rated in result.identity.candidates]
    detail = f"nothing like {named(result.local.name.title, result.local.name.year)}"
    verb = "is" if len(similar) == 1 else "are"
    return detail + (f"; the nearest {verb} {_listed(similar, ' or ')}" if similar else "")


def ambiguous_match(result: Account) -> str | None:
    """Several movies match, or something contradicts the best one."""
    if result.identity.sure is not Sure.REVIEW:
        return None
    return _listed([_candidate(rated) for rated in result.identity.candidates], " or ")


def id_conflict(result: Account) -> str | None:
    """The IDs in the queue, the NFO and the names are those of different movies."""
    return "; ".join(conflict.rstrip(".") for conflict in result.identity.conflicts) or None


def removed_id(result: Account) -> str | None:
    """TMDb does not have a given ID any more."""
    return ", ".join(map(str, result.identity.removed)) or None


def invalid_id(result: Account) -> str | None:
    """An ID element of the NFO has a value that is not an ID."""
    values = [f"{service} {quoted(text)}" for service, text in result.nfo.invalid_ids]
    return f"the NFO says {_listed(values, ' and ')}" if values else None


def duplicate_movie(result: Account) -> str | None:
    """The library has the same movie in the same edition twice."""
    quoted_keys = [quoted(twin.key) for twin in result.twins]
    return (
        f"the same as {_listed(quoted_keys, ', ')}" if quoted_keys and result.is_certain else None
    )


def wrong_year(result: Account) -> str | None:
    """The year in the name differs from the movie's by two or more."""
    years = _years(result)
    return f"{years[0]} in its name, {years[1]} at TMDb" if years and _apart(years) > 1 else None


def year_off_by_one(result: Account) -> str | None:
    """The year in the name differs by one: premiere and release were in different years."""
    years = _years(result)
    return f"{years[0]} in its name, {years[1]} at TMDb" if years and _apart(years) == 1 else None


def collection_gap(result: Account) -> str | None:
    """Movies of its collection are not in the library."""
    movie = result.identity.movie
    if movie is None or movie.collection is None or not result.gaps:
        return None
    missing = [named(hit.title, hit.year) for hit in result.gaps]
    return f"{quoted(movie.collection.name)} lacks {_listed(missing, ', ')}"


def certification_missing(result: Account) -> str | None:
    """No release in the configured country has a certificate."""
    movie, country = result.identity.movie, result.locale.country
    if movie is None:
        return None
    rated = {release.country for release in movie.certificates if release.certification}
    if country in rated:
        return None
    return f"none of {country}" + (f", but of {_listed(sorted(rated), ', ')}" if rated else "")


def named(title: str, year: int) -> str:
    """Format a movie for a detail: its quoted title, and its year in brackets."""
    return quoted(title) + (f" ({year})" if year else "")


def quoted(text: str) -> str:
    """Quote a text for a detail: one line of limited length."""
    shown = text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
    return f'"{files.printable(shown)}"'


def _candidate(rated: Candidate) -> str:
    return f"{named(rated.hit.title, rated.hit.year)} at {rated.confidence:.2f}"


def _listed(parts: list[str], between: str) -> str:
    more = len(parts) - _TOLD
    return between.join(parts[:_TOLD]) + (f" and {more:,} more" if more > 0 else "")


def _years(result: Account) -> tuple[int, int] | None:
    movie, year = result.identity.movie, result.local.name.year
    return (year, movie.year) if movie and movie.year and year else None


def _apart(years: tuple[int, int]) -> int:
    return abs(years[0] - years[1])
