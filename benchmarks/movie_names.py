"""Names of movie files as people write them, made from a movie catalogue, with their meaning.

A fifth and more are remakes of which another one is the more popular. Movies are dealt to two
halves by their titles, so that no title is in both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from benchmarks import movie_ways
from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue

HALVES = ("fit", "held")
_UNTIMED = 0.25  # files whose running time is not known
_DRIFT = 0.03  # by how much a file lasts longer or shorter than the movie at most
_REMAKES = 0.25
_ABSENT = 0.05  # movies that the service does not know


@dataclass(frozen=True)
class Case:
    """A name of a file without suffix and of its folder; what it means is a movie's id, or 0."""

    family: str
    half: str
    file: str
    folder: str
    minutes: float  # 0 where it is not known
    film: int


@dataclass(frozen=True)
class NameSet:
    """The movie catalogue that is queried, and the names to parse."""

    catalogue: MovieCatalogue
    cases: tuple[Case, ...]

    def half(self, name: str) -> list[Case]:
        """Return the names of one half."""
        return [case for case in self.cases if case.half == name]


def deal(whole: MovieCatalogue, count: int, seed: int) -> NameSet:
    """Make so many names of a catalogue's movies; the same every time."""
    rng = Random(seed)
    shown = [film for film in whole.films if not film.adult and film.release_date]
    rng.shuffle(shown)
    absent = frozenset(entry.id for entry in shown[: round(count * _ABSENT)])
    left = [entry for entry in shown if entry.id not in absent]
    cases = [_case("absent", entry, rng) for entry in shown if entry.id in absent]
    cases += [_case("remake", movie, rng) for movie in _outshone(left)[: round(count * _REMAKES)]]
    taken = {case.film for case in cases}
    rest = iter([movie for movie in left if movie.id not in taken])
    ways = [way for way in movie_ways.WAYS if way not in ("absent", "remake")]
    while len(cases) < count:
        family = ways[len(cases) % len(ways)]
        movie = next(movie for movie in rest if _suits(family, movie))
        cases.append(_case(family, movie, rng))
    movies = tuple(film for film in whole.films if film.id not in absent)
    return NameSet(
        MovieCatalogue(films=movies, series=whole.series, removed=whole.removed), tuple(cases)
    )


def _outshone(movies: Sequence[CatalogueMovie]) -> list[CatalogueMovie]:
    """Return movies of whose title there is another one, and that more popular."""
    groups = [title for title in _namesakes(movies).values() if len(title) > 1]
    return [min(group, key=lambda one: one.popularity) for group in groups]


def _namesakes(movies: Sequence[CatalogueMovie]) -> dict[str, list[CatalogueMovie]]:
    groups: dict[str, list[CatalogueMovie]] = defaultdict(list)
    for movie in movies:
        groups[movie.title.casefold()].append(movie)
    return groups


def _suits(family: str, movie: CatalogueMovie) -> bool:
    if family == "foreign":
        return any(text.language in ("de", "fr") and text.title for text in movie.texts)
    if family == "sequel":
        return movie.title.split()[-1] in movie_ways.ROMAN
    if family == "rewritten":
        return movie.title.startswith("The ") or " and " in movie.title or not movie.title.isascii()
    return family != "mistyped" or len(movie.title) > _TYPED


_TYPED = 9  # letters of a title that may be mistyped


def _case(family: str, movie: CatalogueMovie, rng: Random) -> Case:
    file, folder = movie_ways.WAYS[family](movie, rng)
    minutes = movie.runtime * rng.uniform(1 - _DRIFT, 1 + _DRIFT)
    if rng.random() < _UNTIMED:
        minutes = 0.0
    key = blake2b(movie.title.casefold().encode(), digest_size=1).digest()[0]
    known = 0 if family == "absent" else movie.id
    return Case(family, HALVES[key % 2], file, folder, minutes, known)


def families(cases: Sequence[Case]) -> Iterator[str]:
    """Give the families of some names, in the order of their kinds."""
    present = {case.family for case in cases}
    yield from (way for way in movie_ways.WAYS if way in present)
