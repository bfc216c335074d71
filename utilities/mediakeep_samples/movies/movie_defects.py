"""The defects of movies in a sample library, and how they are planted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Any

from mediakeep_samples.movies import file_naming, sidecars
from mediakeep_samples.movies.file_naming import MovieCopy
from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue
from mediakeep_simulator.tmdb.title_search import split_words

_UNKNOWN_TITLES = ("The Thirteenth Marmalade", "Nine Quarrels at Zennor", "Brackish Tuesday")
_GENERIC_NAMES = ("title_t00", "VIDEO0001", "movie", "untitled")
_YEARS_OFF = 3  # years by which the wrong year differs
_RUNTIME_SHARE = 0.7  # share of the runtime
_KEPT_SHARE = 0.6  # share of the bytes


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
