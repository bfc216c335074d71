"""Check the identity of a movie. Most checks need a finished lookup at TMDb.

Each check function returns the issue's detail text, or None if there is no issue.
"""

from __future__ import annotations

from mediakeep import path_text
from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.result import MovieResult

_MAX_LISTED = 3  # candidates or movies that a detail lists
_MAX_LETTERS = 100  # of a quoted text


def check_no_match(result: MovieResult) -> str | None:
    """Return a detail if TMDb has nothing similar to the movie; it says what was searched for."""
    if result.identity.status is not MatchStatus.UNMATCHED or not result.local.name.title:
        return None
    similar = [_format_candidate(rated) for rated in result.identity.candidates]
    detail = f"nothing like {format_title(result.local.name.title, result.local.name.year)}"
    verb = "is" if len(similar) == 1 else "are"
    return detail + (f"; the nearest {verb} {_join_limited(similar, ' or ')}" if similar else "")


def check_ambiguous_match(result: MovieResult) -> str | None:
    """Return a detail if several movies match, or if something contradicts the best match."""
    if result.identity.status is not MatchStatus.REVIEW:
        return None
    return _join_limited([_format_candidate(rated) for rated in result.identity.candidates], " or ")


def check_id_conflict(result: MovieResult) -> str | None:
    """Return a detail if queue, NFO and names give the IDs of different movies."""
    return "; ".join(conflict.rstrip(".") for conflict in result.identity.conflicts) or None


def check_removed_id(result: MovieResult) -> str | None:
    """Return a detail if TMDb no longer has an ID that was given for the movie."""
    return ", ".join(map(str, result.identity.removed_ids)) or None


def check_invalid_id(result: MovieResult) -> str | None:
    """Return a detail if an ID element of the NFO has a value that is not an ID."""
    values = [f"{service} {quote_text(text)}" for service, text in result.nfo.invalid_ids]
    return f"the NFO says {_join_limited(values, ' and ')}" if values else None


def check_duplicate_movie(result: MovieResult) -> str | None:
    """Return a detail if the library has the same movie in the same edition twice."""
    quoted_keys = [quote_text(duplicate.key) for duplicate in result.duplicates]
    return (
        f"the same as {_join_limited(quoted_keys, ', ')}"
        if quoted_keys and result.is_certain
        else None
    )


def check_wrong_year(result: MovieResult) -> str | None:
    """Return a detail if the year in the name differs from the movie's by two or more."""
    years = _name_and_release_year(result)
    return (
        f"{years[0]} in its name, {years[1]} at TMDb"
        if years and _year_difference(years) > 1
        else None
    )


def check_year_off_by_one(result: MovieResult) -> str | None:
    """Return a detail if the year in the name differs from the movie's by one.

    This happens if premiere and release were in different years.
    """
    years = _name_and_release_year(result)
    return (
        f"{years[0]} in its name, {years[1]} at TMDb"
        if years and _year_difference(years) == 1
        else None
    )


def check_collection_gap(result: MovieResult) -> str | None:
    """Return a detail if movies of the movie's collection are not in the library."""
    movie = result.identity.movie
    if movie is None or movie.collection is None or not result.missing_in_collection:
        return None
    missing = [format_title(hit.title, hit.year) for hit in result.missing_in_collection]
    return f"{quote_text(movie.collection.name)} lacks {_join_limited(missing, ', ')}"


def check_certification_missing(result: MovieResult) -> str | None:
    """Return a detail if no release in the configured country has an age certificate."""
    movie, country = result.identity.movie, result.locale.country
    if movie is None:
        return None
    rated = {release.country for release in movie.certificates if release.certification}
    if country in rated:
        return None
    return f"none of {country}" + (
        f", but of {_join_limited(sorted(rated), ', ')}" if rated else ""
    )


def format_title(title: str, year: int) -> str:
    """Return a movie's quoted title with its year in brackets, for the detail of an issue."""
    return quote_text(title) + (f" ({year})" if year else "")


def quote_text(text: str) -> str:
    """Return a text quoted for the detail of an issue: one line of limited length."""
    shown = text if len(text) <= _MAX_LETTERS else text[: _MAX_LETTERS - 1] + "…"
    return f'"{path_text.to_printable(shown)}"'


def _format_candidate(rated: MovieCandidate) -> str:
    return f"{format_title(rated.hit.title, rated.hit.year)} at {rated.confidence:.2f}"


def _join_limited(parts: list[str], between: str) -> str:
    hidden_count = len(parts) - _MAX_LISTED
    return between.join(parts[:_MAX_LISTED]) + (
        f" and {hidden_count:,} more" if hidden_count > 0 else ""
    )


def _name_and_release_year(result: MovieResult) -> tuple[int, int] | None:
    movie, year = result.identity.movie, result.local.name.year
    return (year, movie.year) if movie and movie.year and year else None


def _year_difference(years: tuple[int, int]) -> int:
    return abs(years[0] - years[1])
