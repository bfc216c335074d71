"""The invented artists of the sample library: a hand-written few, then as many as are asked for."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from random import Random
from typing import Any

from mediakeep import files
from mediakeep.errors import BadSetting

ARTISTS = 14  # as many as are written by hand
FORMATS = ("mp3", "flac", "m4a", "ogg", "opus")

MISTAKES = ("title-differs", "wrong-track-order")  # that only those find who know the release

_TRACKS_EACH = 18  # of an invented artist, on average: what a real library holds
_ALBUM = 12  # about as many tracks as an album has

_UNKNOWN = 1 / 12  # of the further albums of an invented artist
_MISTAKEN = 1 / 12  # of the albums, for each kind
_SIGNS = ("barcode", "catalognumber", "", "", "", "")


@dataclass(frozen=True)
class Album:
    """An album as its makers would write it down."""

    title: str
    year: int
    genre: str
    format: str  # one of FORMATS, or "mixed"
    cover: str  # "embedded" in each track, or a "file" beside them
    tracks: tuple[str, ...]
    file_names: str = "utf-8"
    known: bool = True  # to MusicBrainz
    edition: int = 1  # which the library has
    sign: str = ""  # what tells the edition in the tags: "barcode", "catalognumber" or nothing
    mistakes: tuple[str, ...] = ()  # of its owner, by their kinds


@dataclass(frozen=True)
class Artist:
    """An artist with all albums."""

    name: str
    albums: tuple[Album, ...]

    @property
    def track_count(self) -> int:
        """How many tracks the albums hold together."""
        return sum(len(album.tracks) for album in self.albums)


def artists(count: int, tracks: int | None, rng: Random) -> list[Artist]:
    """Return `count` artists, the hand-written ones first, with `tracks` tracks in all.

    Without `tracks`, invented artists have about 18 each; BadSetting where the numbers disagree.
    """
    if count < 1:
        raise BadSetting("artists", "a library needs at least one")
    written = _written()[:count]
    fixed, more = sum(artist.track_count for artist in written), count - len(written)
    wanted = fixed + more * _TRACKS_EACH if tracks is None else tracks
    if wanted < fixed + more or (wanted > fixed and not more):
        bound = "at least" if more else "exactly"
        raise BadSetting("tracks", f"{count} artists have {bound} {fixed + more}")
    shares = _shares(wanted - fixed, more, rng)
    taken = {files.fold(artist.name) for artist in written}
    return written + [_invented(share, taken, rng) for share in shares]


def titles(count: int, rng: Random) -> tuple[str, ...]:
    """Invent titles that differ from each other."""
    taken: set[str] = set()
    return tuple(_unique(_title(rng), taken) for _ in range(count))


def _written() -> list[Artist]:
    return [
        Artist(entry["name"], tuple(_album(album) for album in entry["album"]))
        for entry in _contents()["artist"]
    ]


def _album(entry: dict[str, Any]) -> Album:
    lists = {key: tuple(entry.get(key, ())) for key in ("tracks", "mistakes")}
    return Album(**{**entry, **lists})


@cache
def _contents() -> dict[str, Any]:
    source = resources.files("mediakeep.rehearsal") / "catalogue.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def _shares(tracks: int, count: int, rng: Random) -> list[int]:
    """Deal tracks out to artists, at least one each, as unevenly as life does."""
    weights = [rng.choice((1, 1, 2, 2, 3, 5, 8)) for _ in range(count)]
    spare, total = tracks - count, sum(weights)
    ends = [0]
    for weight in weights:
        ends.append(ends[-1] + weight)
    return [
        1 + spare * end // total - spare * start // total for start, end in itertools.pairwise(ends)
    ]


def _invented(tracks: int, taken: set[str], rng: Random) -> Artist:
    name = _unique(_artist_name(rng), taken)
    titles: set[str] = set()
    albums = [_invented_album(size, titles, rng) for size in _sizes(tracks)]
    return Artist(name, tuple(_owned(name, albums)))


def _owned(artist: str, albums: Iterable[Album]) -> Iterator[Album]:
    """Say what albums came to with their owner, drawn by their names alone.

    An artist's first album is known.
    """
    for number, album in enumerate(albums):
        rng = Random(f"{artist}\n{album.title}")
        known = number == 0 or rng.random() > _UNKNOWN
        mistakes = tuple(kind for kind in MISTAKES if known and rng.random() < _MISTAKEN)
        yield replace(album, known=known, sign=rng.choice(_SIGNS), mistakes=mistakes)


def _sizes(tracks: int) -> Iterator[int]:
    count = max(1, round(tracks / _ALBUM))
    for number in range(count):
        yield tracks * (number + 1) // count - tracks * number // count


def _invented_album(size: int, taken: set[str], rng: Random) -> Album:
    tracks: set[str] = set()
    return Album(
        title=_unique(_title(rng), taken),
        year=rng.randint(1958, 2024),
        genre=rng.choice(_contents()["words"]["genres"]),
        format=rng.choice((*FORMATS, *FORMATS, "mixed")),
        cover=rng.choice(("embedded", "file")),
        tracks=tuple(_unique(_title(rng), tracks) for _ in range(size)),
    )


def _artist_name(rng: Random) -> str:
    plain, thing, place = _words(rng)
    patterns = (f"The {plain} {thing}s", f"{plain} {thing}", f"{thing} of {place}")
    return rng.choice((*patterns, f"{place} {thing} Club", f"{plain} {place}"))


def _title(rng: Random) -> str:
    plain, thing, place = _words(rng)
    patterns = (f"{plain} {thing}", f"The {thing} at {place}", f"{place}, {plain}")
    return rng.choice((*patterns, f"A {thing} for {place}", thing))


def _words(rng: Random) -> tuple[str, str, str]:
    words = _contents()["words"]
    return rng.choice(words["plain"]), rng.choice(words["things"]), rng.choice(words["places"])


def _unique(name: str, taken: set[str]) -> str:
    unique, number = name, 1
    while files.fold(unique) in taken:
        number += 1
        unique = f"{name} {number}"
    taken.add(files.fold(unique))
    return unique
