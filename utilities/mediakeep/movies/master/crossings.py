"""What shows only over all movies: the same one twice, collections with gaps, the extremes."""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import Any, TypeVar

import msgspec

from mediakeep import files
from mediakeep.movies import wording
from mediakeep.movies.outputs.entry import Record

_COPIES = 20  # that are told of one movie
_CERTAIN = ("auto", "user")

T = TypeVar("T", bound=tuple[Any, ...])


class Entry(msgspec.Struct, frozen=True):
    """A movie as it is compared; `megabits` a second of all streams, 0 where that is unknown."""

    key: str
    title: str
    year: int
    edition: str
    bytes: int
    resolution: str
    pixels: int
    megabits: float


class Duplicate(msgspec.Struct, frozen=True):
    """A movie that there is more than once in one edition; the sharpest and largest leads."""

    tmdb_id: int
    movies: int
    copies: tuple[Entry, ...]


class Duplicates(msgspec.Struct, frozen=True):
    """How many movies there are more than once, and the first of them."""

    total: int
    listed: tuple[Duplicate, ...]


class Lacking(msgspec.Struct, frozen=True):
    """A movie of a collection that is not in the library."""

    tmdb_id: int
    title: str
    year: int


class Collection(msgspec.Struct, frozen=True):
    """A collection of which the library has a part: how many movies, and those that it lacks."""

    tmdb_id: int
    name: str
    movies: int
    lacking: tuple[Lacking, ...]


class Collections(msgspec.Struct, frozen=True):
    """How many collections there are, how many with gaps, and of these those with the fewest."""

    total: int
    with_gaps: int
    listed: tuple[Collection, ...]


class Crossings:
    """What is kept of every movie to be compared with the others; lists hold `limit` entries."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._copies: defaultdict[tuple[int, str], list[Entry]] = defaultdict(list)
        self._names: dict[int, str] = {}
        self._here: defaultdict[int, set[int]] = defaultdict(set)
        self._lacking: defaultdict[int, dict[int, Lacking]] = defaultdict(dict)
        self._largest: list[tuple[int, str, Entry]] = []
        self._lowest: list[tuple[tuple[int, float], str, Entry]] = []

    def add(self, one: Record) -> None:
        """Take note of a movie."""
        told = _entry(one)
        _push(self._largest, (told.bytes, told.key, told), self._limit)
        if told.pixels:
            _push(self._lowest, ((-told.pixels, -told.megabits), told.key, told), self._limit)
        if one.match.match in _CERTAIN and one.match.tmdb_id:
            self._copies[one.match.tmdb_id, files.fold(one.edition)].append(told)
        if one.facts and (own := one.facts.collection_id):
            self._names[own] = one.facts.collection
            self._here[own].add(one.match.tmdb_id)
            for gap in one.gaps:
                self._lacking[own][gap.tmdb_id] = Lacking(gap.tmdb_id, gap.title, gap.year)

    def duplicates(self) -> Duplicates:
        """Return the movies that there are more than once, those of which there are most first."""
        several = [entry for entry in self._copies.items() if len(entry[1]) > 1]
        several.sort(key=lambda entry: (-len(entry[1]), entry[1][0].title, entry[0]))
        listed = (
            Duplicate(key[0], len(same), tuple(sorted(same, key=_best)[:_COPIES]))
            for key, same in several[: self._limit]
        )
        return Duplicates(len(several), tuple(listed))

    def collections(self) -> Collections:
        """Return the collections with gaps, those with the fewest first."""
        found = []
        for own, here in self._here.items():
            gaps = [gap for one, gap in self._lacking[own].items() if one not in here]
            if gaps:
                gaps.sort(key=lambda gap: (gap.year, gap.tmdb_id))
                found.append(Collection(own, self._names[own], len(here), tuple(gaps)))
        found.sort(key=lambda one: (len(one.lacking), -one.movies, one.name, one.tmdb_id))
        return Collections(len(self._here), len(found), tuple(found[: self._limit]))

    def largest(self) -> tuple[Entry, ...]:
        """Return the movies that take most space."""
        return tuple(entry for _, _, entry in sorted(self._largest, key=_rank, reverse=True))

    def lowest(self) -> tuple[Entry, ...]:
        """Return the movies with the fewest pixels, of these the lowest bit rates first."""
        return tuple(entry for _, _, entry in sorted(self._lowest, key=_rank, reverse=True))


def _entry(one: Record) -> Entry:
    picture = wording.picture(one.videos)
    size = sum(video.size for video in one.videos)
    length = sum(video.facts.duration for video in one.videos if video.facts)
    return Entry(
        key=one.key,
        title=one.title,
        year=one.year,
        edition=one.edition,
        bytes=size,
        resolution=wording.resolution(picture),
        pixels=picture.width * picture.height if picture else 0,
        megabits=round(size * 8 / length / 1e6, 2) if length else 0.0,
    )


def _best(one: Entry) -> tuple[int, int, str]:
    return -one.pixels, -one.bytes, one.key


def _rank(entry: tuple[object, str, Entry]) -> tuple[object, str]:
    return entry[:2]


def _push(heap: list[T], one: T, limit: int) -> None:
    if len(heap) < limit:
        heapq.heappush(heap, one)
    elif heap:
        heapq.heappushpop(heap, one)
