"""How sure it is that a movie is the one that is meant: decided by what is known, and pure.

Of a confidence of 1 everything is taken off that speaks against it. What a movie is known by
decides as well: a search tells titles and a date, details tell all titles and the running time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mediakeep.lookups.tmdb.films import Hit, Movie
from mediakeep.movies.identify import titles
from mediakeep.movies.identify.verdict import Candidate, Sure
from mediakeep.movies.identify.weights import WEIGHTS, Weights


class Clue(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known here of a movie; `titles` are readings of its name, the best first.

    `minutes` is how long the file lasts, 0 where that is not known; with an `edition` it may last
    longer or shorter than the movie that was shown in cinemas.
    """

    titles: tuple[str, ...]
    year: int = 0
    minutes: float = 0.0
    edition: bool = False


def candidate(
    clue: Clue, hit: Hit, movie: Movie | None = None, weights: Weights = WEIGHTS
) -> Candidate:
    """Weigh a movie; without its details a running time that may still tell takes nothing off."""
    nearest, apart = _nearest(clue, _titles(hit, movie, weights), weights)
    against = {"title": apart, "year": _year(clue, hit, movie, weights)}
    if movie or clue.minutes < weights.whole:
        against["runtime"] = _runtime(clue, movie, weights)
    against = {name: round(value, 3) for name, value in against.items() if value}
    return Candidate(
        hit=hit,
        confidence=round(max(0.0, 1 - sum(against.values())), 3),
        director=", ".join(movie.directors[:2]) if movie else "",
        runtime=movie.runtime if movie else 0,
        title=nearest,
        against=against,
    )


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Sort candidates, the best first; among equals the better known, which decides nothing."""
    return sorted(candidates, key=lambda one: (-one.confidence, -one.hit.popularity, one.hit.id))


def verdict(best_first: Sequence[Candidate], weights: Weights = WEIGHTS) -> Sure:
    """Tell how sure it is that the first one is meant."""
    if not best_first or best_first[0].confidence < weights.shown:
        return Sure.UNMATCHED
    if best_first[0].confidence < weights.bar or rivals(best_first, weights):
        return Sure.REVIEW
    return Sure.AUTO


def rivals(best_first: Sequence[Candidate], weights: Weights = WEIGHTS) -> list[Candidate]:
    """Return those that the first one is not clearly ahead of."""
    least = best_first[0].confidence - weights.margin if best_first else 1.0
    return [one for one in best_first[1:] if one.confidence > least + _HAIR]


_HAIR = 1e-6  # what figures of three places are off by


def _titles(hit: Hit, movie: Movie | None, weights: Weights) -> Iterator[tuple[str, float]]:
    """Give all titles of a movie, and what is taken off for being no more than that."""
    yield from ((title, 0.0) for title in dict.fromkeys((hit.title, hit.original_title)) if title)
    if movie:
        told = [movie.title, movie.original_title]
        yield from ((title, 0.0) for title in dict.fromkeys(told) if title)
        others = [one.title for one in movie.translations]
        others += [one.title for one in movie.alternative_titles]
        yield from ((title, weights.other) for title in dict.fromkeys(others) if title)


def _nearest(clue: Clue, known: Iterable[tuple[str, float]], weights: Weights) -> tuple[str, float]:
    """Return the title that is nearest to a reading of the name, and how far it is off."""
    readings = [(read, _doubt(clue.titles[0], read, weights)) for read in clue.titles]
    found = [
        (titles.distance(read, title, weights) + cost + doubt, title)
        for title, cost in known
        for read, doubt in readings
    ]
    apart, title = min(found, key=lambda one: one[0], default=(1.0, ""))
    return title, min(apart, 1.0)


def _doubt(first: str, read: str, weights: Weights) -> float:
    """Return what is taken off for a reading of a name that is not the first one."""
    if read == first:
        return 0.0
    return weights.piece if titles.is_part(read, first) else weights.spare


def _year(clue: Clue, hit: Hit, movie: Movie | None, weights: Weights) -> float:
    if not clue.year:
        vague = all(titles.is_vague(title) for title in clue.titles)
        return weights.yearless + (weights.vague if vague else 0.0)
    if not hit.year:
        return weights.undated
    apart = abs(clue.year - hit.year)
    if 1 < apart < len(weights.years) and movie and _came_out(movie, clue.year):
        apart = 1
    return weights.years[apart] if apart < len(weights.years) else weights.far


def _came_out(movie: Movie, year: int) -> bool:
    """Tell whether a movie came out in a year in any country."""
    return any(one.date.startswith(str(year)) for one in movie.certificates)


def _runtime(clue: Clue, movie: Movie | None, weights: Weights) -> float:
    """Return what is taken off for the running time; more, the further it is off."""
    if clue.minutes < weights.whole or movie is None or not movie.runtime:
        return weights.untimed
    apart = abs(clue.minutes / movie.runtime - 1)
    share = (apart - weights.near) / (weights.apart - weights.near)
    off = weights.runtime * min(max(share, 0.0), 1.0)
    return off * weights.cut if clue.edition else off
