"""Format TMDb movies: as lines of text, or as JSON data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mediakeep.app.console import CommandResult
from mediakeep.errors import ItemFailed
from mediakeep.lookups.cache_export import JsonObject
from mediakeep.lookups.tmdb.context import TmdbContext
from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.lookups.tmdb.model import Movie, MovieSummary
from mediakeep.movies.identify.model import MovieIdentity
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.outputs import choose_commands
from mediakeep.size_text import format_count

MAX_CANDIDATES = 3  # that a user chooses from
_MAX_CAST = 5  # members of the cast that are listed


def search_movies(context: TmdbContext, title: str, year: int = 0) -> CommandResult:
    """Return the movies that TMDb finds by title."""
    hits = context.tmdb.search_movies(title, year)
    if not hits:
        when = f" of {year}" if year else ""
        raise ItemFailed(f'TMDb has no movie{when} titled "{title}".')
    return _build_output(hits, {"title": title, "year": year})


def find_by_imdb_id(context: TmdbContext, imdb_id: str) -> CommandResult:
    """Return the movies with an IMDb id."""
    hits = context.tmdb.find_by_imdb_id(imdb_id)
    if not hits:
        raise ItemFailed(f"TMDb has no movie with the IMDb id {imdb_id}.")
    return _build_output(hits, {"imdb_id": imdb_id})


def show_movie(context: TmdbContext, ident: str) -> CommandResult:
    """Return a movie by its TMDb or IMDb id; raise NoSuchMovie."""
    details = context.tmdb.get_movie(ident)
    return CommandResult(
        list(_format_movie(details, context.config.locale.country)), {"movie": details}
    )


def _build_output(movies: Iterable[MovieSummary], query: JsonObject) -> CommandResult:
    hits = list(movies)
    width = max(len(str(hit.id)) for hit in hits)
    return CommandResult(
        [f"{hit.id:>{width}}  {_format_hit(hit)}" for hit in hits], {**query, "movies": hits}
    )


def _format_hit(hit: MovieSummary) -> str:
    original = f" [{hit.original_title}]" if hit.original_title not in ("", hit.title) else ""
    votes = format_count(hit.vote_count, "vote") if hit.vote_count else ""
    title = f"{hit.title}{original}" + (f" ({hit.year})" if hit.year else "")
    return ", ".join(filter(None, (title, hit.original_language, votes)))


def _format_movie(details: Movie, country: str) -> Iterable[str]:
    """Yield lines on a movie, with the certificates of one country."""
    yield f"{details.title} ({details.year})" if details.year else details.title
    certificates = (it for it in details.certificates if it.country == country and it.certification)
    labeled = {
        "TMDb": str(details.id),
        "IMDb": details.imdb_id,
        "original title": details.original_title if details.original_title != details.title else "",
        "language": details.original_language,
        "released": details.release_date,
        "runtime": f"{details.runtime} min" if details.runtime else "",
        "directed by": ", ".join(details.directors),
        "with": ", ".join(actor.name for actor in details.cast[:_MAX_CAST]),
        "genres": ", ".join(genre.name for genre in details.genres),
        "countries": ", ".join(it.name for it in details.countries),
        f"certificate in {country}": next((it.certification for it in certificates), ""),
        "collection": f"{details.collection.name} ({details.collection.id})"
        if details.collection
        else "",
        "rating": f"{details.rating:.1f} of {format_count(details.votes, 'vote')}"
        if details.votes
        else "",
    }
    yield from (f"  {name}: {value}" for name, value in labeled.items() if value)
    if details.overview:
        yield f"  {details.overview}"


def format_question(local: LocalMovie, identity: MovieIdentity, home: Path) -> Iterator[str]:
    """Yield lines on the file, its parsed name, and the candidates."""
    name = local.name
    parsed = f'"{name.title}"' + (f", {name.year}" if name.year else "")
    yield ""
    yield local.key
    runtime = f"; runtime {round(local.duration / 60)} min" if local.duration else ""
    yield (f"  parsed as {parsed}" if name.title else "  the name could not be parsed") + runtime
    if identity.lookup_error:
        yield f"  {identity.lookup_error}"
    shown = identity.candidates[:MAX_CANDIDATES]
    for number, candidate in enumerate(shown, 1):
        yield f"  {number}  {100 * candidate.confidence:3.0f}%  {_format_candidate(candidate)}"
    if not shown:
        yield "  no similar movie at TMDb"
    yield "  s: decide later; it stays in the list of reviews"
    yield f"  x: never ask again, until {choose_commands.format_reset_command(home, local.key)}"


def _format_candidate(candidate: MovieCandidate) -> str:
    """Return a line that distinguishes a movie from namesakes."""
    year = f" ({candidate.hit.year})" if candidate.hit.year else ""
    director = f"by {candidate.director}" if candidate.director else ""
    runtime = f"{candidate.runtime} min" if candidate.runtime else ""
    return ", ".join(filter(None, (f"{candidate.hit.title}{year}", director, runtime)))
