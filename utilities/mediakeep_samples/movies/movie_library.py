"""Create a sample movie library of real, playable files with planted and listed defects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from mediakeep import path_text
from mediakeep.errors import ItemFailed, UsageError
from mediakeep_samples.movies import file_naming, sidecars, video_files
from mediakeep_samples.movies.file_naming import Layout, MovieCopy
from mediakeep_samples.music import music_library
from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue
from mediakeep_simulator.tmdb.title_search import split_words

_MOVIES_PER_INTACT = 3  # of this number of movies, at most two have a defect
_MOVIES_PER_DEFECT = 60  # movies per defect of each kind; at least one defect
_DUPLICATE_KIND = "duplicate-movie"
_OTHER_RELEASE = "720p.WEB.x264-KITE"
_UNKNOWN_TITLES = ("The Thirteenth Marmalade", "Nine Quarrels at Zennor", "Brackish Tuesday")
_GENERIC_NAMES = ("title_t00", "VIDEO0001", "movie", "untitled")
_YEARS_OFF = 3  # years by which the wrong year differs
_RUNTIME_SHARE = 0.7  # share of the runtime
_KEPT_SHARE = 0.6  # share of the bytes


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
        self._movies_by_title = group_by_title(catalogue)
        self._undamaged = rng.sample(range(len(kept)), len(kept))
        self._min_intact = len(kept) // _MOVIES_PER_INTACT
        self.planted: list[MovieDefect] = []

    def plant(self) -> None:
        """Plant one defect of each kind, as long as intact movies are left."""
        for kind, planter in PLANTERS.items():
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


@dataclass(frozen=True)
class DefectCase:
    """A copy to damage, its movie, and the rest of the catalogue."""

    copy: MovieCopy
    movie: CatalogueMovie
    catalogue: MovieCatalogue
    twins: tuple[CatalogueMovie, ...]  # other movies of the same title
    rng: Random


DefectPlanter = Callable[[DefectCase], MovieCopy | None]  # None if it cannot be planted here


def group_by_title(catalogue: MovieCatalogue) -> Mapping[tuple[str, ...], list[CatalogueMovie]]:
    """Return the movies of each title, by its words."""
    by_title: dict[tuple[str, ...], list[CatalogueMovie]] = defaultdict(list)
    for movie in catalogue.films:
        by_title[split_words(movie.title)].append(movie)
    return by_title


def _plant_no_match(case: DefectCase) -> MovieCopy:
    """Use a title that TMDb does not have."""
    name = f"{case.rng.choice(_UNKNOWN_TITLES)} ({case.rng.randint(1960, 2020)})"
    return replace(file_naming.rename_copy(case.copy, name), tmdb_id=0)


def _plant_ambiguous(case: DefectCase) -> MovieCopy | None:
    """Use a title of several movies, without a year and with an uninformative runtime."""
    if not case.twins:
        return None
    lengths = sorted(movie.runtime for movie in (case.movie, *case.twins))
    near = min(pairwise(lengths), key=lambda pair: pair[1] - pair[0])
    clip = replace(case.copy.clip, seconds=60.0 * sum(near) / 2)
    return replace(file_naming.rename_copy(case.copy, case.movie.title), tmdb_id=0, clip=clip)


def _plant_wrong_year(case: DefectCase) -> MovieCopy | None:
    if case.twins or not case.movie.release_date:
        return None
    year = int(case.movie.release_date[:4]) - _YEARS_OFF
    name = file_naming.title_and_year(case.movie).replace(
        f"({case.movie.release_date[:4]})", f"({year})"
    )
    return file_naming.rename_copy(case.copy, f"{name} [tmdbid-{case.movie.id}]")


def _plant_removed_id(case: DefectCase) -> MovieCopy | None:
    if not case.catalogue.removed or case.twins or not case.movie.release_date:
        return None
    gone = case.rng.choice(case.catalogue.removed)
    return file_naming.rename_copy(
        case.copy, f"{file_naming.title_and_year(case.movie)} [tmdbid-{gone}]"
    )


def _plant_id_conflict(case: DefectCase) -> MovieCopy:
    """Put different IDs into the name and the NFO."""
    other = case.rng.choice([movie for movie in case.catalogue.films if movie.id != case.movie.id])
    copy = file_naming.rename_copy(
        case.copy, f"{file_naming.title_and_year(case.movie)} {{tmdb-{other.id}}}"
    )
    return _with_sidecar(copy, ".nfo", sidecars.kodi_nfo(case.movie))


def _plant_missing_subtitles(case: DefectCase) -> MovieCopy | None:
    return _with_clip(case.copy, audio=(("swe", 2),), subtitles=())


def _plant_low_resolution(case: DefectCase) -> MovieCopy | None:
    return _with_clip(case.copy, width=480, height=270, hdr="")


def _plant_no_audio(case: DefectCase) -> MovieCopy | None:
    return _with_clip(case.copy, audio=())


def _plant_corrupt_image(case: DefectCase) -> MovieCopy:
    poster = sidecars.render_pictures(case.movie, "poster", "fanart")["poster"]
    broken = case.rng.choice((poster[: len(poster) // 3], b"<html>429 Too Many Requests</html>"))
    if "poster.jpg" in case.copy.sidecars:
        return replace(case.copy, sidecars={**case.copy.sidecars, "poster.jpg": broken})
    return _with_sidecar(case.copy, "-poster.jpg", broken)


def _plant_truncated(case: DefectCase) -> MovieCopy | None:
    return replace(case.copy, kept_share=_KEPT_SHARE) if case.copy.is_single_video else None


def _plant_not_parsed(case: DefectCase) -> MovieCopy:
    return replace(file_naming.rename_copy(case.copy, case.rng.choice(_GENERIC_NAMES)), tmdb_id=0)


def _plant_runtime_differs(case: DefectCase) -> MovieCopy | None:
    """Make a movie too short, but named with its ID, so that it is identified."""
    if not case.movie.runtime:
        return None
    clip = replace(case.copy.clip, seconds=60 * _RUNTIME_SHARE * case.movie.runtime)
    copy = file_naming.rename_copy(
        case.copy, f"{file_naming.title_and_year(case.movie)} [tmdbid-{case.movie.id}]"
    )
    return replace(copy, clip=clip)


def _plant_orphan(case: DefectCase) -> MovieCopy:
    """Add the subtitles of a movie that is gone."""
    left = f"{case.rng.choice(_UNKNOWN_TITLES)} {case.movie.id}.en.srt"
    return replace(case.copy, sidecars={**case.copy.sidecars, left: sidecars.SUBTITLE_CONTENT})


def _plant_scene_nfo(case: DefectCase) -> MovieCopy:
    adjacent_files = {
        name: data for name, data in case.copy.sidecars.items() if not name.endswith(".nfo")
    }
    return _with_sidecar(
        replace(case.copy, sidecars=adjacent_files), ".nfo", sidecars.scene_nfo(case.movie)
    )


def _plant_edited_nfo(case: DefectCase) -> MovieCopy:
    return _with_nfo(case.copy, sidecars.edited_nfo(case.movie))


def _plant_locked_nfo(case: DefectCase) -> MovieCopy:
    return _with_nfo(case.copy, sidecars.jellyfin_nfo(case.movie, locked=True))


def _with_clip(copy: MovieCopy, **changes: Any) -> MovieCopy | None:
    return replace(copy, clip=replace(copy.clip, **changes)) if copy.is_single_video else None


def _with_nfo(copy: MovieCopy, nfo: bytes) -> MovieCopy:
    if "movie.nfo" in copy.sidecars:
        return replace(copy, sidecars={**copy.sidecars, "movie.nfo": nfo})
    return _with_sidecar(copy, ".nfo", nfo)


def _with_sidecar(copy: MovieCopy, ending: str, data: bytes) -> MovieCopy:
    """Add a file next to the first video, named after it."""
    stem = copy.video_names[0].removesuffix(copy.suffix)
    return replace(copy, sidecars={**copy.sidecars, stem + ending: data})


PLANTERS: Mapping[str, DefectPlanter] = {
    "no-match": _plant_no_match,
    "ambiguous-match": _plant_ambiguous,
    "wrong-year": _plant_wrong_year,
    "removed-id": _plant_removed_id,
    "id-conflict": _plant_id_conflict,
    "missing-subtitles": _plant_missing_subtitles,
    "low-resolution": _plant_low_resolution,
    "no-audio": _plant_no_audio,
    "corrupt-image": _plant_corrupt_image,
    "truncated-video": _plant_truncated,
    "name-not-parsed": _plant_not_parsed,
    "runtime-differs": _plant_runtime_differs,
    "orphan-sidecar": _plant_orphan,
    "scene-nfo": _plant_scene_nfo,
    "edited-nfo": _plant_edited_nfo,
    "locked-nfo": _plant_locked_nfo,
}
