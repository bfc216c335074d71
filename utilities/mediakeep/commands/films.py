"""Format TMDb movies: as lines of text, or as JSON data."""

from __future__ import annotations

from collections.abc import Iterable

from mediakeep.commands.entries import Data, Told
from mediakeep.errors import ItemFailed
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.lookups.tmdb.films import Hit, Movie
from mediakeep.pages import page

_CAST = 5  # members of the cast that are listed


def search(context: Desk, title: str, year: int = 0) -> Told:
    """Return the movies that TMDb finds by title."""
    hits = context.tmdb.search(title, year)
    if not hits:
        when = f" of {year}" if year else ""
        raise ItemFailed(f'TMDb has no movie{when} titled "{title}".')
    return _listed(hits, {"title": title, "year": year})


def find(context: Desk, imdb_id: str) -> Told:
    """Return the movies with an IMDb id."""
    hits = context.tmdb.find(imdb_id)
    if not hits:
        raise ItemFailed(f"TMDb has no movie with the IMDb id {imdb_id}.")
    return _listed(hits, {"imdb_id": imdb_id})


def movie(context: Desk, ident: str) -> Told:
    """Return a movie by its TMDb or IMDb id; raise NoSuchMovie."""
    details = context.tmdb.movie(ident)
    return Told(list(_lines(details, context.access.locale.country)), {"movie": details})


def _listed(movies: Iterable[Hit], query: Data) -> Told:
    hits = list(movies)
    width = max(len(str(hit.id)) for hit in hits)
    return Told([f"{hit.id:>{width}}  {_line(hit)}" for hit in hits], {**query, "movies": hits})


def _line(hit: Hit) -> str:
    original = f" [{hit.original_title}]" if hit.original_title not in ("", hit.title) else ""
    votes = page.counted(hit.vote_count, "vote") if hit.vote_count else ""
    title = f"{hit.title}{original}" + (f" ({hit.year})" if hit.year else "")
    return ", ".join(filter(None, (title, hit.original_language, votes)))


def _lines(details: Movie, country: str) -> Iterable[str]:
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
        "with": ", ".join(actor.name for actor in details.cast[:_CAST]),
        "genres": ", ".join(genre.name for genre in details.genres),
        "countries": ", ".join(it.name for it in details.countries),
        f"certificate in {country}": next((it.certification for it in certificates), ""),
        "collection": f"{details.collection.name} ({details.collection.id})"
        if details.collection
        else "",
        "rating": f"{details.rating:.1f} of {page.counted(details.votes, 'vote')}"
        if details.votes
        else "",
    }
    yield from (f"  {name}: {value}" for name, value in labeled.items() if value)
    if details.overview:
        yield f"  {details.overview}"
