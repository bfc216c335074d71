"""The defects planted in a sample music library, with one function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from random import Random

from mediakeep_samples.music.track_files import SampleTrack, TrackContent

PLACEHOLDERS = ("Unknown", "Other", "Misc", "Genre")
MISSING_COVER = "missing-cover"

_UNPLAYABLE = ("empty-file", "not-audio", "truncated-audio")

_TRACKS_PER_DEFECT = 20  # tracks, and albums
_MIN_PER_KIND = 2  # minimum of each kind in a small library


@dataclass(frozen=True)
class SampleFolder:
    """An album folder to write: its path, its tracks, and the picture next to them, if any.

    `mistakes` are the kinds of tagging mistakes to plant.
    """

    path: PurePath  # below the library
    tracks: tuple[SampleTrack, ...]
    image: str = ""
    lookup_defects: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlantedDefect:
    """A defect and the path of the track that has it, or of the album for a missing cover."""

    kind: str
    path: PurePath  # below the library


def plant_defects(
    folders: Sequence[SampleFolder], rng: Random
) -> tuple[list[SampleFolder], list[PlantedDefect]]:
    """Plant defects in about one track and one album in twenty; return the library and the defects.

    In a small library every kind is still planted, twice if possible. A track has one defect at
    most; tracks whose names are not valid UTF-8 have none. Each album keeps a playable track.
    """
    paths = [
        track.path for folder in folders for track in folder.tracks if has_valid_utf8(track.path)
    ]
    kinds = list(TRACK_DEFECTS)
    chosen = _sample_paths(paths, len(kinds), rng)
    defects = {path: kinds[number % len(kinds)] for number, path in enumerate(chosen)}
    for folder in folders:  # keep one playable track per album, for its cover
        if all(defects.get(track.path) in _UNPLAYABLE for track in folder.tracks):
            del defects[folder.tracks[0].path]
    bare = set(_sample_paths([folder.path for folder in folders], 1, rng))
    result = [_apply_defects(folder, folder.path in bare, defects, rng) for folder in folders]
    planted = [
        PlantedDefect(MISSING_COVER, folder.path) for folder in result if not _has_cover(folder)
    ]
    return result, planted + [PlantedDefect(kind, path) for path, kind in defects.items()]


def _sample_paths(paths: Sequence[PurePath], kinds: int, rng: Random) -> list[PurePath]:
    wanted = max(
        len(paths) // _TRACKS_PER_DEFECT, min(_MIN_PER_KIND * kinds, len(paths) // 3), kinds
    )
    return rng.sample(paths, min(wanted, len(paths)))


def has_valid_utf8(path: PurePath) -> bool:
    """Return True if a track's file name is valid UTF-8."""
    return path.name.encode(errors="ignore").decode() == path.name


def _apply_defects(
    folder: SampleFolder, bare: bool, defects: Mapping[PurePath, str], rng: Random
) -> SampleFolder:
    tracks = [
        TRACK_DEFECTS[defects[track.path]](track, rng) if track.path in defects else track
        for track in folder.tracks
    ]
    if not bare:
        return replace(folder, tracks=tuple(tracks))
    return replace(folder, image="", tracks=tuple(replace(track, picture="") for track in tracks))


def _has_cover(folder: SampleFolder) -> bool:
    embedded = (track.picture for track in folder.tracks if track.content is TrackContent.AUDIO)
    return bool(folder.image) or any(embedded)


def _remove_field(field: str, track: SampleTrack, _rng: Random) -> SampleTrack:
    return replace(track, fields={key: text for key, text in track.fields.items() if key != field})


def _set_placeholder(track: SampleTrack, rng: Random) -> SampleTrack:
    return replace(track, fields={**track.fields, "genre": rng.choice(PLACEHOLDERS)})


def _add_whitespace(track: SampleTrack, rng: Random) -> SampleTrack:
    field = rng.choice(("title", "artist", "album"))
    text = track.fields[field]
    doubled = text.replace(" ", "  ", 1)
    variants = (f" {text}", f"{text} ", f"  {text} ", *(() if doubled == text else (doubled,)))
    return replace(track, fields={**track.fields, field: rng.choice(variants)})


def _empty_file(track: SampleTrack, _rng: Random) -> SampleTrack:
    return replace(track, content=TrackContent.NOTHING)


def _truncate(track: SampleTrack, _rng: Random) -> SampleTrack:
    return replace(track, content=TrackContent.CUT, sound="drops")  # the longest


def _replace_by_text(track: SampleTrack, _rng: Random) -> SampleTrack:
    return replace(track, content=TrackContent.TEXT)


TRACK_DEFECTS: Mapping[str, Callable[[SampleTrack, Random], SampleTrack]] = {
    "missing-title": partial(_remove_field, "title"),
    "missing-artist": partial(_remove_field, "artist"),
    "missing-album": partial(_remove_field, "album"),
    "missing-date": partial(_remove_field, "date"),
    "missing-track-number": partial(_remove_field, "tracknumber"),
    "placeholder-genre": _set_placeholder,
    "whitespace": _add_whitespace,
    "empty-file": _empty_file,
    "not-audio": _replace_by_text,
    "truncated-audio": _truncate,
}
