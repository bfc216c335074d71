"""Create a sample movie library of real, playable files with planted and listed defects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import NamedTuple

from mediakeep import path_text
from mediakeep.errors import ItemFailed, UsageError
from mediakeep_samples.movies import file_naming, movie_defects, video_files
from mediakeep_samples.movies.file_naming import Layout, MovieCopy
from mediakeep_samples.movies.movie_defects import DefectCase, DefectPlanter
from mediakeep_samples.music import music_library
from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue
from mediakeep_simulator.tmdb.title_search import split_words

_MOVIES_PER_INTACT = 3  # of this number of movies, at most two have a defect
_MOVIES_PER_DEFECT = 60  # movies per defect of each kind; at least one defect
_DUPLICATE_KIND = "duplicate-movie"
_OTHER_RELEASE = "720p.WEB.x264-KITE"


class SampleMovie(NamedTuple):
    """A movie by its place in the library, and its ID, 0 if it cannot be identified."""

    place: str
    tmdb_id: int


class MovieDefect(NamedTuple):
    """A planted defect: its kind, and the place of the affected file."""

    kind: str
    place: str


@dataclass(frozen=True)
class MovieLibraryManifest:
    """The content of a sample library, and its defects."""

    root: Path
    items: tuple[SampleMovie, ...]
    planted: tuple[MovieDefect, ...]


def make_library(
    folder: Path, catalogue: MovieCatalogue, count: int, layout: Layout = "flat", seed: int = 1
) -> MovieLibraryManifest:
    """Create a library of `count` movies of a catalogue, always the same for a seed.

    A defect of each kind is planted for every 60 movies, in at most two thirds of a small library.
    Raise UsageError if PyAV is missing, the folder is not empty or the catalogue is too small, and
    ItemFailed on write errors.
    """
    rng = Random(f"{seed}/{layout}/{count}")
    known = [movie for movie in catalogue.films if not movie.adult]
    if count > len(known):
        raise UsageError(f"Cannot create {count:,} movies: the catalogue has only {len(known):,}.")
    video_files.require_pyav()
    music_library.claim_folder(folder)
    movies = rng.sample(known, count)
    kept = _make_distinct((file_naming.name_copy(movie, layout, rng) for movie in movies), movies)
    planting = _DefectPlanting(kept, movies, catalogue, rng)
    for _ in range(max(1, count // _MOVIES_PER_DEFECT)):
        planting.plant()
    try:
        for copy in kept:
            _write_copy(folder, copy)
    except OSError as error:
        raise ItemFailed(f"The sample library stays unfinished: {error}.") from error
    items = tuple(SampleMovie(copy.library_place, copy.tmdb_id) for copy in kept)
    return MovieLibraryManifest(folder, items, tuple(planting.planted))


def _make_distinct(kept: Iterable[MovieCopy], movies: list[CatalogueMovie]) -> list[MovieCopy]:
    """Make all places distinct: add the ID to the name of the later movie."""
    distinct: list[MovieCopy] = []
    seen: set[str] = set()
    for copy, movie in zip(kept, movies, strict=True):
        if path_text.normalize_name(copy.library_place) in seen:
            copy = file_naming.rename_copy(
                copy, f"{file_naming.title_and_year(movie)} [tmdbid-{movie.id}]"
            )
        seen.add(path_text.normalize_name(copy.library_place))
        distinct.append(copy)
    return distinct


class _DefectPlanting:
    """Damage some of the copies, each of them once."""

    def __init__(
        self,
        kept: list[MovieCopy],
        movies: list[CatalogueMovie],
        catalogue: MovieCatalogue,
        rng: Random,
    ) -> None:
        self._copies, self._movies, self._catalogue, self._rng = kept, movies, catalogue, rng
        self._movies_by_title = movie_defects.group_by_title(catalogue)
        self._undamaged = rng.sample(range(len(kept)), len(kept))
        self._min_intact = len(kept) // _MOVIES_PER_INTACT
        self.planted: list[MovieDefect] = []

    def plant(self) -> None:
        """Plant one defect of each kind, as long as intact movies are left."""
        for kind, planter in movie_defects.PLANTERS.items():
            self._plant_kind(kind, planter)
        if len(self._undamaged) > self._min_intact + 1:
            self._plant_duplicate()

    def _plant_kind(self, kind: str, planter: DefectPlanter) -> None:
        """Damage the first copy that can have the defect."""
        if len(self._undamaged) <= self._min_intact:
            return
        for number in self._undamaged:
            damaged = planter(self._build_case(number))
            if damaged and self._is_unique_place(number, damaged):
                self._record_defect(number, kind, damaged)
                return

    def _plant_duplicate(self) -> None:
        """Make one copy a duplicate of the next one's movie."""
        number, first = self._undamaged[:2]
        movie = self._movies[number] = self._movies[first]
        twin = file_naming.rename_copy(
            replace(self._copies[number], tmdb_id=movie.id),
            file_naming.release_name(movie, _OTHER_RELEASE),
        )
        if self._is_unique_place(number, twin):
            self._record_defect(
                number, _DUPLICATE_KIND, replace(twin, clip=self._copies[first].clip)
            )
            self._undamaged.remove(first)

    def _build_case(self, number: int) -> DefectCase:
        movie = self._movies[number]
        same = self._movies_by_title[split_words(movie.title)]
        twins = tuple(other for other in same if other.id != movie.id)
        return DefectCase(self._copies[number], movie, self._catalogue, twins, self._rng)

    def _is_unique_place(self, number: int, damaged: MovieCopy) -> bool:
        """Return True if no other copy has the same place."""
        others = (copy for place, copy in enumerate(self._copies) if place != number)
        return all(
            path_text.normalize_name(copy.library_place)
            != path_text.normalize_name(damaged.library_place)
            for copy in others
        )

    def _record_defect(self, number: int, kind: str, damaged: MovieCopy) -> None:
        self._copies[number] = damaged
        self._undamaged.remove(number)
        self.planted.append(MovieDefect(kind, damaged.library_place))


def _write_copy(folder: Path, copy: MovieCopy) -> None:
    for name in copy.video_names:
        path = folder / copy.sidecar_place(name)
        path.parent.mkdir(exist_ok=True)
        clip = replace(copy.clip, seconds=copy.clip.seconds / len(copy.video_names))
        content = video_files.render_video(clip, copy.suffix)
        path.write_bytes(content[: int(len(content) * copy.kept_share)])
    for name, data in copy.sidecars.items():
        path = folder / copy.sidecar_place(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
