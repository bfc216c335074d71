"""What is taken off a movie's confidence: for its titles, its year, its running time."""

from __future__ import annotations

from collections.abc import Iterator

from mediakeep.lookups.tmdb.films import Hit, Movie
from mediakeep.movies.identify import clue as clues
from mediakeep.movies.identify import short_titles, titles
from mediakeep.movies.identify.clue import Clue, Reading
from mediakeep.movies.identify.weights import Weights


def of_name(
    clue: Clue, hit: Hit, movie: Movie | None, weights: Weights
) -> tuple[str, dict[str, float]]:
    """Return the title that is nearest to a reading of the name, and what "title" and "year" cost.

    Both are weighed together, as a reading may take the year for a part of the title.
    """
    known = [*_titles(hit, movie, weights), *_short_titles(clue, movie, weights)]
    ways = [
        (title, {"title": min(_apart(read, title, weights) + cost, 1.0), "year": year})
        for read in clues.readings(clue, weights)
        for year in [_year(read, hit, movie, weights)]
        for title, cost in known
    ]
    return min(ways, key=lambda way: sum(way[1].values()), default=("", {"title": 1.0}))


def of_runtime(clue: Clue, movie: Movie | None, weights: Weights) -> float:
    """Return what is taken off for the running time; more, the further it is off."""
    if not clue.minutes or movie is None or not movie.runtime:
        return weights.untimed + (weights.bare if clue.bare else 0.0)
    if clue.minutes < weights.whole <= movie.runtime:
        return weights.scrap
    apart = abs(clue.minutes / movie.runtime - 1)
    share = (apart - weights.near) / (weights.apart - weights.near)
    off = weights.runtime * min(max(share, 0.0), 1.0)
    return off * weights.cut if clue.edition else off


def _titles(hit: Hit, movie: Movie | None, weights: Weights) -> Iterator[tuple[str, float]]:
    """Give all titles of a movie, and what is taken off for being no more than that."""
    own = [hit.title, hit.original_title]
    own += [movie.title, movie.original_title] if movie else []
    yield from ((title, 0.0) for title in dict.fromkeys(own) if title)
    if movie:
        others = [one.title for one in movie.translations]
        others += [one.title for one in movie.alternative_titles]
        yield from ((title, weights.other) for title in dict.fromkeys(others) if title)


def _short_titles(clue: Clue, movie: Movie | None, weights: Weights) -> Iterator[tuple[str, float]]:
    """Give its titles without the name of its collection, which the folder around it may tell."""
    if movie and movie.collection:
        own = (movie.title, movie.original_title, *(one.title for one in movie.translations))
        told = any(short_titles.matches_folder_name(one, movie) for one in clue.folders)
        cost = weights.other if told else weights.collection
        yield from ((one, cost) for one in short_titles.find(movie, dict.fromkeys(own)))


def _apart(read: Reading, title: str, weights: Weights) -> float:
    return titles.distance(read.title, title, weights) + read.doubt


def _year(read: Reading, hit: Hit, movie: Movie | None, weights: Weights) -> float:
    if not read.year:
        return weights.yearless + (weights.vague if titles.is_vague(read.title) else 0.0)
    if not hit.year:
        return weights.undated
    apart = abs(read.year - hit.year)
    if 1 < apart < len(weights.years) and movie and _came_out(movie, read.year):
        apart = 1
    return weights.years[apart] if apart < len(weights.years) else weights.far


def _came_out(movie: Movie, year: int) -> bool:
    """Tell whether a movie came out in a year in any country."""
    return any(one.date.startswith(str(year)) for one in movie.certificates)
