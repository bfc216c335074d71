"""Compare all movies: duplicates, incomplete collections, largest and lowest resolution."""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import Any, TypeVar

import msgspec

from mediakeep import files
from mediakeep.movies import wording
from mediakeep.movies.outputs.entry import Record

_COPIES = 20  # listed per movie
_CERTAIN = ("auto", "user")

T = TypeVar("T", bound=tuple[Any, ...])


class Entry(msgspec.Struct, frozen=True):
    """A movie to compare; `megabits` is the total bit rate per second, 0 if unknown."""

    key: str
    title: str
    year: int
    edition: str
    bytes: int
    resolution: str
    pixels: int
    megabits: float


class Duplicate(msgspec.Struct, frozen=True):
    """A movie that is in the library several times in one edition, best copy first."""

    tmdb_id: int
    movies: int
    copies: tuple[Entry, ...]


class Duplicates(msgspec.Struct, frozen=True):
    """The number of movies with duplicates, and the first of them."""

    total: int
    listed: tuple[Duplicate, ...]


class Lacking(msgspec.Struct, frozen=True):
    """A movie of a collection that is not in the library."""

    tmdb_id: int
    title: str
    year: int


class Collection(msgspec.Struct, frozen=True):
    """A collection of which movies are missing: how many exist, and the missing ones."""

    tmdb_id: int
    name: str
    movies: int
    lacking: tuple[Lacking, ...]


class Collections(msgspec.Struct, frozen=True):
    """The number of collections, of incomplete ones, and the most complete of those."""

    total: int
    with_gaps: int
    listed: tuple[Collection, ...]


class Crossings:
    """Collect what is compared of each movie; lists have at most `limit` entries."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._copies: defaultdict[tuple[int, str], list[Entry]] = defaultdict(list)
        self._names: dict[int, str] = {}
        self._here: defaultdict[int, set[int]] = defaultdict(set)
        self._lacking: defaultdict[int, dict[int, Lacking]] = defaultdict(dict)
        self._largest: list[tuple[int, str, Entry]] = []
        self._lowest: list[tuple[tuple[int, float], str, Entry]] = []

    def add(self, movie: Record) -> None:
        """Add a movie."""
        entry = _entry(movie)
        _push(self._largest, (entry.bytes, entry.key, entry), self._limit)
        if entry.pixels:
            _push(self._lowest, ((-entry.pixels, -entry.megabits), entry.key, entry), self._limit)
        if movie.match.match in _CERTAIN and movie.match.tmdb_id:
            self._copies[movie.match.tmdb_id, files.fold(movie.edition)].append(entry)
        if movie.facts and (number := movie.facts.collection_id):
            self._names[number] = movie.facts.collection
            self._here[number].add(movie.match.tmdb_id)
            for gap in movie.gaps:
                self._lacking[number][gap.tmdb_id] = Lacking(gap.tmdb_id, gap.title, gap.year)

    def duplicates(self) -> Duplicates:
        """Return the movies with duplicates, those with the most copies first."""
        several = [entry for entry in self._copies.items() if len(entry[1]) > 1]
        several.sort(key=lambda entry: (-len(entry[1]), entry[1][0].title, entry[0]))
        listed = (
            Duplicate(key[0], len(same), tuple(sorted(same, key=_best)[:_COPIES]))
            for key, same in several[: self._limit]
        )
        return Duplicates(len(several), tuple(listed))

    def collections(self) -> Collections:
        """Return the incomplete collections, those with the fewest missing movies first."""
        incomplete = []
        for number, owned in self._here.items():
            missing = [
                gap for tmdb_id, gap in self._lacking[number].items() if tmdb_id not in owned
            ]
            if missing:
                missing.sort(key=lambda gap: (gap.year, gap.tmdb_id))
                name = self._names[number]
                incomplete.append(Collection(number, name, len(owned), tuple(missing)))
        incomplete.sort(key=lambda part: (len(part.lacking), -part.movies, part.name, part.tmdb_id))
        listed = tuple(incomplete[: self._limit])
        return Collections(len(self._here), len(incomplete), listed)

    def largest(self) -> tuple[Entry, ...]:
        """Return the largest movies."""
        return tuple(entry for _, _, entry in sorted(self._largest, key=_rank, reverse=True))

    def lowest(self) -> tuple[Entry, ...]:
        """Return the movies with the fewest pixels, and among these the lowest bit rates first."""
        return tuple(entry for _, _, entry in sorted(self._lowest, key=_rank, reverse=True))


def _entry(movie: Record) -> Entry:
    picture = wording.picture(movie.videos)
    size = sum(video.size for video in movie.videos)
    length = sum(video.facts.duration for video in movie.videos if video.facts)
    return Entry(
        key=movie.key,
        title=movie.title,
        year=movie.year,
        edition=movie.edition,
        bytes=size,
        resolution=wording.resolution(picture),
        pixels=picture.width * picture.height if picture else 0,
        megabits=round(size * 8 / length / 1e6, 2) if length else 0.0,
    )


def _best(entry: Entry) -> tuple[int, int, str]:
    return -entry.pixels, -entry.bytes, entry.key


def _rank(entry: tuple[object, str, Entry]) -> tuple[object, str]:
    return entry[:2]


def _push(heap: list[T], entry: T, limit: int) -> None:
    if len(heap) < limit:
        heapq.heappush(heap, entry)
    elif heap:
        heapq.heappushpop(heap, entry)
