"""The defects of movies in a sample library, and how they are planted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Any

from mediakeep.rehearsal.films import copies, sidecars
from mediakeep.rehearsal.films.copies import Copy
from mediakeep.rehearsal.films.film import Cinema, Film
from mediakeep.rehearsal.films.finder import words

_UNKNOWN = ("The Thirteenth Marmalade", "Nine Quarrels at Zennor", "Brackish Tuesday")
_NAMELESS = ("title_t00", "VIDEO0001", "movie", "untitled")
_EARLIER = 3  # years by which the wrong year differs
_SHORT = 0.7  # share of the runtime
_CUT = 0.6  # share of the bytes


@dataclass(frozen=True)
class Case:
    """A copy to damage, its movie, and the rest of the catalogue."""

    copy: Copy
    film: Film
    cinema: Cinema
    twins: tuple[Film, ...]  # other movies of the same title
    rng: Random


Planter = Callable[[Case], Copy | None]  # None if it cannot be planted here


def titled(cinema: Cinema) -> Mapping[tuple[str, ...], list[Film]]:
    """Return the movies of each title, by its words."""
    by_title: dict[tuple[str, ...], list[Film]] = defaultdict(list)
    for film in cinema.films:
        by_title[words(film.title)].append(film)
    return by_title


def _no_match(case: Case) -> Copy:
    """Use a title that TMDb does not have."""
    name = f"{case.rng.choice(_UNKNOWN)} ({case.rng.randint(1960, 2020)})"
    return replace(copies.named(case.copy, name), film=0)


def _ambiguous(case: Case) -> Copy | None:
    """Use a title of several movies, without a year and with an uninformative runtime."""
    if not case.twins:
        return None
    lengths = sorted(film.runtime for film in (case.film, *case.twins))
    near = min(pairwise(lengths), key=lambda pair: pair[1] - pair[0])
    clip = replace(case.copy.clip, seconds=60.0 * sum(near) / 2)
    return replace(copies.named(case.copy, case.film.title), film=0, clip=clip)


def _wrong_year(case: Case) -> Copy | None:
    if case.twins or not case.film.release_date:
        return None
    year = int(case.film.release_date[:4]) - _EARLIER
    name = copies.plain(case.film).replace(f"({case.film.release_date[:4]})", f"({year})")
    return copies.named(case.copy, f"{name} [tmdbid-{case.film.id}]")


def _removed_id(case: Case) -> Copy | None:
    if not case.cinema.removed or case.twins or not case.film.release_date:
        return None
    gone = case.rng.choice(case.cinema.removed)
    return copies.named(case.copy, f"{copies.plain(case.film)} [tmdbid-{gone}]")


def _id_conflict(case: Case) -> Copy:
    """Put different IDs into the name and the NFO."""
    other = case.rng.choice([film for film in case.cinema.films if film.id != case.film.id])
    copy = copies.named(case.copy, f"{copies.plain(case.film)} {{tmdb-{other.id}}}")
    return _beside(copy, ".nfo", sidecars.of_kodi(case.film))


def _missing_subtitles(case: Case) -> Copy | None:
    return _with_clip(case.copy, audio=(("swe", 2),), subtitles=())


def _low_resolution(case: Case) -> Copy | None:
    return _with_clip(case.copy, width=480, height=270, hdr="")


def _no_audio(case: Case) -> Copy | None:
    return _with_clip(case.copy, audio=())


def _corrupt_image(case: Case) -> Copy:
    poster = sidecars.pictures(case.film, "poster", "fanart")["poster"]
    broken = case.rng.choice((poster[: len(poster) // 3], b"<html>429 Too Many Requests</html>"))
    if "poster.jpg" in case.copy.beside:
        return replace(case.copy, beside={**case.copy.beside, "poster.jpg": broken})
    return _beside(case.copy, "-poster.jpg", broken)


def _truncated(case: Case) -> Copy | None:
    return replace(case.copy, kept=_CUT) if case.copy.is_alone else None


def _not_parsed(case: Case) -> Copy:
    return replace(copies.named(case.copy, case.rng.choice(_NAMELESS)), film=0)


def _runtime_differs(case: Case) -> Copy | None:
    """Make a movie too short, but named with its ID, so that it is identified."""
    if not case.film.runtime:
        return None
    clip = replace(case.copy.clip, seconds=60 * _SHORT * case.film.runtime)
    copy = copies.named(case.copy, f"{copies.plain(case.film)} [tmdbid-{case.film.id}]")
    return replace(copy, clip=clip)


def _orphan(case: Case) -> Copy:
    """Add the subtitles of a movie that is gone."""
    left = f"{case.rng.choice(_UNKNOWN)} {case.film.id}.en.srt"
    return replace(case.copy, beside={**case.copy.beside, left: sidecars.SUBTITLES})


def _scene_nfo(case: Case) -> Copy:
    beside = {name: data for name, data in case.copy.beside.items() if not name.endswith(".nfo")}
    return _beside(replace(case.copy, beside=beside), ".nfo", sidecars.scene(case.film))


def _edited_nfo(case: Case) -> Copy:
    return _with_nfo(case.copy, sidecars.edited(case.film))


def _locked_nfo(case: Case) -> Copy:
    return _with_nfo(case.copy, sidecars.of_jellyfin(case.film, locked=True))


def _with_clip(copy: Copy, **changes: Any) -> Copy | None:
    return replace(copy, clip=replace(copy.clip, **changes)) if copy.is_alone else None


def _with_nfo(copy: Copy, nfo: bytes) -> Copy:
    if "movie.nfo" in copy.beside:
        return replace(copy, beside={**copy.beside, "movie.nfo": nfo})
    return _beside(copy, ".nfo", nfo)


def _beside(copy: Copy, ending: str, data: bytes) -> Copy:
    """Add a file next to the first video, named after it."""
    stem = copy.videos[0].removesuffix(copy.suffix)
    return replace(copy, beside={**copy.beside, stem + ending: data})


PLANTERS: Mapping[str, Planter] = {
    "no-match": _no_match,
    "ambiguous-match": _ambiguous,
    "wrong-year": _wrong_year,
    "removed-id": _removed_id,
    "id-conflict": _id_conflict,
    "missing-subtitles": _missing_subtitles,
    "low-resolution": _low_resolution,
    "no-audio": _no_audio,
    "corrupt-image": _corrupt_image,
    "truncated-video": _truncated,
    "name-not-parsed": _not_parsed,
    "runtime-differs": _runtime_differs,
    "orphan-sidecar": _orphan,
    "scene-nfo": _scene_nfo,
    "edited-nfo": _edited_nfo,
    "locked-nfo": _locked_nfo,
}
