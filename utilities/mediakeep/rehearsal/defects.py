"""The defects planted in a sample music library, with one function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from random import Random

from mediakeep.rehearsal.tracks import Content, Track

PLACEHOLDERS = ("Unknown", "Other", "Misc", "Genre")
MISSING_COVER = "missing-cover"

_SILENT = ("empty-file", "not-audio", "truncated-audio")

_ONE_IN = 20  # tracks, and albums
_EACH = 2  # minimum of each kind in a small library


@dataclass(frozen=True)
class Folder:
    """An album folder to write: its path, its tracks, and the picture next to them, if any.

    `mistakes` are the kinds of tagging mistakes to plant.
    """

    path: PurePath  # below the library
    tracks: tuple[Track, ...]
    image: str = ""
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planted:
    """A defect and the path of the track that has it, or of the album for a missing cover."""

    kind: str
    path: PurePath  # below the library


def plant(folders: Sequence[Folder], rng: Random) -> tuple[list[Folder], list[Planted]]:
    """Plant defects in about one track and one album in twenty; return the library and the defects.

    In a small library every kind is still planted, twice if possible. A track has one defect at
    most; tracks whose names are not valid UTF-8 have none. Each album keeps a playable track.
    """
    paths = [track.path for folder in folders for track in folder.tracks if is_text(track.path)]
    kinds = list(TRACK_DEFECTS)
    chosen = _some(paths, len(kinds), rng)
    spoilt = {path: kinds[number % len(kinds)] for number, path in enumerate(chosen)}
    for folder in folders:  # keep one playable track per album, for its cover
        if all(spoilt.get(track.path) in _SILENT for track in folder.tracks):
            del spoilt[folder.tracks[0].path]
    bare = set(_some([folder.path for folder in folders], 1, rng))
    result = [_spoil(folder, folder.path in bare, spoilt, rng) for folder in folders]
    planted = [Planted(MISSING_COVER, folder.path) for folder in result if not _has_cover(folder)]
    return result, planted + [Planted(kind, path) for path, kind in spoilt.items()]


def _some(paths: Sequence[PurePath], kinds: int, rng: Random) -> list[PurePath]:
    wanted = max(len(paths) // _ONE_IN, min(_EACH * kinds, len(paths) // 3), kinds)
    return rng.sample(paths, min(wanted, len(paths)))


def is_text(path: PurePath) -> bool:
    """Return True if a track's file name is valid UTF-8."""
    return path.name.encode(errors="ignore").decode() == path.name


def _spoil(folder: Folder, bare: bool, spoilt: Mapping[PurePath, str], rng: Random) -> Folder:
    tracks = [
        TRACK_DEFECTS[spoilt[track.path]](track, rng) if track.path in spoilt else track
        for track in folder.tracks
    ]
    if not bare:
        return replace(folder, tracks=tuple(tracks))
    return replace(folder, image="", tracks=tuple(replace(track, picture="") for track in tracks))


def _has_cover(folder: Folder) -> bool:
    embedded = (track.picture for track in folder.tracks if track.content is Content.AUDIO)
    return bool(folder.image) or any(embedded)


def _without(field: str, track: Track, _rng: Random) -> Track:
    return replace(track, fields={key: text for key, text in track.fields.items() if key != field})


def _with_placeholder(track: Track, rng: Random) -> Track:
    return replace(track, fields={**track.fields, "genre": rng.choice(PLACEHOLDERS)})


def _with_whitespace(track: Track, rng: Random) -> Track:
    field = rng.choice(("title", "artist", "album"))
    text = track.fields[field]
    doubled = text.replace(" ", "  ", 1)
    ways = (f" {text}", f"{text} ", f"  {text} ", *(() if doubled == text else (doubled,)))
    return replace(track, fields={**track.fields, field: rng.choice(ways)})


def _emptied(track: Track, _rng: Random) -> Track:
    return replace(track, content=Content.NOTHING)


def _cut_off(track: Track, _rng: Random) -> Track:
    return replace(track, content=Content.CUT, sound="drops")  # the longest


def _not_audio(track: Track, _rng: Random) -> Track:
    return replace(track, content=Content.TEXT)


TRACK_DEFECTS: Mapping[str, Callable[[Track, Random], Track]] = {
    "missing-title": partial(_without, "title"),
    "missing-artist": partial(_without, "artist"),
    "missing-album": partial(_without, "album"),
    "missing-date": partial(_without, "date"),
    "missing-track-number": partial(_without, "tracknumber"),
    "placeholder-genre": _with_placeholder,
    "whitespace": _with_whitespace,
    "empty-file": _emptied,
    "not-audio": _not_audio,
    "truncated-audio": _cut_off,
}
