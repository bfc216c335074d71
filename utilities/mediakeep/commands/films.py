"""Movies of TMDb as they are told: in lines for people, in data for programs."""

from __future__ import annotations

from collections.abc import Iterable

from mediakeep.commands.entries import Data, Told
from mediakeep.errors import ItemFailed
from mediakeep.lookups.tmdb.desk import Desk
from mediakeep.lookups.tmdb.films import Hit, Movie
from mediakeep.pages import page

_CAST = 5  # members that are named


def search(desk: Desk, title: str, year: int = 0) -> Told:
    """Tell the movies that TMDb finds by a title."""
    found = desk.tmdb.search(title, year)
    if not found:
        when = f" of {year}" if year else ""
        raise ItemFailed(f'TMDb finds no movie{when} by "{title}".')
    return _listed(found, {"title": title, "year": year})


def find(desk: Desk, imdb_id: str) -> Told:
    """Tell the movies that bear an id of IMDb."""
    found = desk.tmdb.find(imdb_id)
    if not found:
        raise ItemFailed(f"TMDb knows no movie by the IMDb id {imdb_id}.")
    return _listed(found, {"imdb_id": imdb_id})


def movie(desk: Desk, ident: str) -> Told:
    """Tell a movie by its id at TMDb or IMDb; NoSuchMovie."""
    one = desk.tmdb.movie(ident)
    return Told(list(_lines(one, desk.access.locale.country)), {"movie": one})


def _listed(found: Iterable[Hit], asked: Data) -> Told:
    hits = list(found)
    width = max(len(str(one.id)) for one in hits)
    return Told([f"{one.id:>{width}}  {_line(one)}" for one in hits], {**asked, "movies": hits})


def _line(one: Hit) -> str:
    original = f" [{one.original_title}]" if one.original_title not in ("", one.title) else ""
    votes = page.counted(one.vote_count, "vote") if one.vote_count else ""
    title = f"{one.title}{original}" + (f" ({one.year})" if one.year else "")
    return ", ".join(filter(None, (title, one.original_language, votes)))


def _lines(one: Movie, country: str) -> Iterable[str]:
    """Tell a movie; certificates of one country."""
    yield f"{one.title} ({one.year})" if one.year else one.title
    certificates = (it for it in one.certificates if it.country == country and it.certification)
    told = {
        "TMDb": str(one.id),
        "IMDb": one.imdb_id,
        "original title": one.original_title if one.original_title != one.title else "",
        "language": one.original_language,
        "released": one.release_date,
        "runtime": f"{one.runtime} min" if one.runtime else "",
        "directed by": ", ".join(one.directors),
        "with": ", ".join(actor.name for actor in one.cast[:_CAST]),
        "genres": ", ".join(genre.name for genre in one.genres),
        "countries": ", ".join(it.name for it in one.countries),
        f"certificate in {country}": next((it.certification for it in certificates), ""),
        "collection": f"{one.collection.name} ({one.collection.id})" if one.collection else "",
        "rating": f"{one.rating:.1f} of {page.counted(one.votes, 'vote')}" if one.votes else "",
    }
    yield from (f"  {name}: {value}" for name, value in told.items() if value)
    if one.overview:
        yield f"  {one.overview}"
