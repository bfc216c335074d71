"""Format the identity of a movie, or the candidates for it, for the movie's report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.outputs import choose_commands
from mediakeep.movies.result import MovieResult

_TMDB_URL = "https://www.themoviedb.org/movie"
_DECIDED_BY = {
    "queue": "you chose it",
    "person": "you chose it",
    "nfo": "by its NFO",
    "name": "by the id in its name",
    "search": "by its name",
}
_MIN_PENALTY = 0.005  # smaller penalties are not shown


class MatchOption(msgspec.Struct, frozen=True):
    """A candidate for a movie, as listed in the movie's report."""

    title: str
    facts: str
    confidence: str
    against: str
    link: str
    command: str


def format_match(result: MovieResult) -> str:
    """Return the sentence that says which movie was identified, with its confidence."""
    identity = result.identity
    if identity.status is MatchStatus.UNKNOWN:
        return "Not looked up yet: what follows is based on the files alone"
    if identity.status is MatchStatus.UNMATCHED:
        no_match = "TMDb has no movie with a similar name"
        return no_match if result.local.name.title else "Its name has no title to search for"
    if identity.status is MatchStatus.REVIEW:
        return "Not certain: nothing is written until you choose"
    source = _DECIDED_BY.get(identity.decided_by, "")
    confidence = (
        f"{identity.confidence * 100:.0f} % sure" if identity.decided_by == "search" else ""
    )
    return ", ".join(filter(None, (_format_movie(result), source, confidence)))


def _format_movie(result: MovieResult) -> str:
    movie = result.identity.movie
    if movie is None:
        return f"TMDb {result.identity.tmdb_id}"
    name = f"{movie.title} ({movie.year})" if movie.year else movie.title
    other = movie.original_title not in ("", movie.title)
    original = f'originally "{movie.original_title}"' if other else ""
    by = f"by {' and '.join(movie.directors[:2])}" if movie.directors else ""
    length = f"{movie.runtime} min" if movie.runtime else ""
    return ", ".join(filter(None, (name, original, by, length)))


def tmdb_url(result: MovieResult) -> str:
    """Return the URL of the identified movie at TMDb, or "" if it is not identified."""
    tmdb_id = result.identity.tmdb_id
    return f"{_TMDB_URL}/{tmdb_id}" if tmdb_id and result.is_certain else ""


def list_options(result: MovieResult, home: Path) -> Iterator[MatchOption]:
    """Yield the candidates that the user can choose from, most likely first.

    Yield nothing if the movie is identified.
    """
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
        yield MatchOption(
            title=f"{candidate.hit.title}{year}",
            facts=", ".join(filter(None, (original, by, length))),
            confidence=f"{candidate.confidence:.2f}",
            against=_format_penalties(candidate),
            link=f"{_TMDB_URL}/{candidate.hit.id}",
            command=choose_commands.format_choose_command(home, result.local.key, candidate.hit.id),
        )


def _format_penalties(candidate: MovieCandidate) -> str:
    penalties = sorted(candidate.against.items(), key=lambda entry: -abs(entry[1]))
    return ", ".join(
        f"{name} {abs(penalty):.2f}" for name, penalty in penalties if abs(penalty) >= _MIN_PENALTY
    )
