"""Compare all movies: duplicates, incomplete collections, largest and lowest resolution."""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import Any, TypeVar

import msgspec

from mediakeep import path_text
from mediakeep.movies import media_text
from mediakeep.movies.outputs.record_model import MovieRecord

_MAX_COPIES = 20  # listed per movie
_CERTAIN_STATUSES = ("auto", "user")

T = TypeVar("T", bound=tuple[Any, ...])


class ComparedMovie(msgspec.Struct, frozen=True):
    """A movie as listed in a comparison; `megabits` is megabits per second, 0 if unknown."""

    key: str
    title: str
    year: int
    edition: str
    bytes: int
    resolution: str
    pixels: int
    megabits: float


class DuplicateMovieGroup(msgspec.Struct, frozen=True):
    """A movie that the library has several times in one edition; the best copy is listed first."""

    tmdb_id: int
    movies: int
    copies: tuple[ComparedMovie, ...]


class DuplicateMovieGroups(msgspec.Struct, frozen=True):
    """The duplicates in a library: the total number of groups, and the first groups."""

    total: int
    listed: tuple[DuplicateMovieGroup, ...]


class MissingMovie(msgspec.Struct, frozen=True):
    """A movie of a collection that is not in the library."""

    tmdb_id: int
    title: str
    year: int


class IncompleteCollection(msgspec.Struct, frozen=True):
    """A collection with movies that are not in the library.

    `movies` is the number of movies in the library, `lacking` the missing ones.
    """

    tmdb_id: int
    name: str
    movies: int
    lacking: tuple[MissingMovie, ...]


class IncompleteCollections(msgspec.Struct, frozen=True):
    """The collections in a library: how many, how many with gaps, and the most complete ones."""

    total: int
    with_gaps: int
    listed: tuple[IncompleteCollection, ...]


class MovieComparisons:
    """Compares the movies of a library; each list has at most `limit` entries."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._copies: defaultdict[tuple[int, str], list[ComparedMovie]] = defaultdict(list)
        self._names: dict[int, str] = {}
        self._owned: defaultdict[int, set[int]] = defaultdict(set)
        self._missing: defaultdict[int, dict[int, MissingMovie]] = defaultdict(dict)
        self._largest_heap: list[tuple[int, str, ComparedMovie]] = []
        self._lowest_heap: list[tuple[tuple[int, float], str, ComparedMovie]] = []

    def add(self, movie: MovieRecord) -> None:
        """Add a movie to the comparisons."""
        entry = _compared_movie(movie)
        _push_bounded(self._largest_heap, (entry.bytes, entry.key, entry), self._limit)
        if entry.pixels:
            _push_bounded(
                self._lowest_heap, ((-entry.pixels, -entry.megabits), entry.key, entry), self._limit
            )
        if movie.match.match in _CERTAIN_STATUSES and movie.match.tmdb_id:
            self._copies[movie.match.tmdb_id, path_text.normalize_name(movie.edition)].append(entry)
        if movie.facts and (number := movie.facts.collection_id):
            self._names[number] = movie.facts.collection
            self._owned[number].add(movie.match.tmdb_id)
            for gap in movie.gaps:
                self._missing[number][gap.tmdb_id] = MissingMovie(gap.tmdb_id, gap.title, gap.year)

    def find_duplicates(self) -> DuplicateMovieGroups:
        """Return the movies that the library has several times, the most copies first."""
        several = [entry for entry in self._copies.items() if len(entry[1]) > 1]
        several.sort(key=lambda entry: (-len(entry[1]), entry[1][0].title, entry[0]))
        listed = (
            DuplicateMovieGroup(
                key[0], len(same), tuple(sorted(same, key=_quality_sort_key)[:_MAX_COPIES])
            )
            for key, same in several[: self._limit]
        )
        return DuplicateMovieGroups(len(several), tuple(listed))

    def find_incomplete_collections(self) -> IncompleteCollections:
        """Return the incomplete collections, those with the fewest missing movies first."""
        incomplete = []
        for number, owned in self._owned.items():
            missing = [
                gap for tmdb_id, gap in self._missing[number].items() if tmdb_id not in owned
            ]
            if missing:
                missing.sort(key=lambda gap: (gap.year, gap.tmdb_id))
                name = self._names[number]
                incomplete.append(IncompleteCollection(number, name, len(owned), tuple(missing)))
        incomplete.sort(key=lambda part: (len(part.lacking), -part.movies, part.name, part.tmdb_id))
        listed = tuple(incomplete[: self._limit])
        return IncompleteCollections(len(self._owned), len(incomplete), listed)

    def list_largest(self) -> tuple[ComparedMovie, ...]:
        """Return the movies with the most bytes, the largest first."""
        return tuple(
            entry for _, _, entry in sorted(self._largest_heap, key=_heap_sort_key, reverse=True)
        )

    def list_lowest(self) -> tuple[ComparedMovie, ...]:
        """Return the movies with the fewest pixels first.

        Movies with the same number of pixels are sorted by bit rate, the lowest first.
        """
        return tuple(
            entry for _, _, entry in sorted(self._lowest_heap, key=_heap_sort_key, reverse=True)
        )


def _compared_movie(movie: MovieRecord) -> ComparedMovie:
    picture = media_text.largest_video_stream(movie.videos)
    size = sum(video.size for video in movie.videos)
    length = sum(video.facts.duration for video in movie.videos if video.facts)
    return ComparedMovie(
        key=movie.key,
        title=movie.title,
        year=movie.year,
        edition=movie.edition,
        bytes=size,
        resolution=media_text.resolution_name(picture),
        pixels=picture.width * picture.height if picture else 0,
        megabits=round(size * 8 / length / 1e6, 2) if length else 0.0,
    )


def _quality_sort_key(entry: ComparedMovie) -> tuple[int, int, str]:
    return -entry.pixels, -entry.bytes, entry.key


def _heap_sort_key(entry: tuple[object, str, ComparedMovie]) -> tuple[object, str]:
    return entry[:2]


def _push_bounded(heap: list[T], entry: T, limit: int) -> None:
    if len(heap) < limit:
        heapq.heappush(heap, entry)
    elif heap:
        heapq.heappushpop(heap, entry)
