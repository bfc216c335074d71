"""The invented artists of the sample library: a few written by hand, the others generated."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from random import Random
from typing import Any

from mediakeep import path_text
from mediakeep.errors import BadSetting

DEFAULT_ARTISTS = 14  # the hand-written ones
FORMATS = ("mp3", "flac", "m4a", "ogg", "opus")

LOOKUP_DEFECTS = ("title-differs", "wrong-track-order")  # found only by comparison with the release

_TRACKS_PER_ARTIST = 18  # of a generated artist on average, as in a real library
_MAX_ALBUM_TRACKS = 12  # tracks of an average album

_UNKNOWN_SHARE = 1 / 12  # share of a generated artist's further albums
_DEFECT_SHARE = 1 / 12  # share of the albums, for each kind
_EDITION_TAGS = ("barcode", "catalognumber", "", "", "", "")


@dataclass(frozen=True)
class SampleAlbum:
    """An album as its makers would describe it."""

    title: str
    year: int
    genre: str
    format: str  # one of FORMATS, or "mixed"
    cover: str  # "embedded" in each track, or a "file" next to them
    tracks: tuple[str, ...]
    file_names: str = "utf-8"
    known: bool = True  # by MusicBrainz
    edition: int = 1  # the edition in the library
    sign: str = ""  # tag that identifies the edition: "barcode", "catalognumber" or none
    mistakes: tuple[str, ...] = ()  # kinds of tagging mistakes


@dataclass(frozen=True)
class SampleArtist:
    """An invented artist with all albums."""

    name: str
    albums: tuple[SampleAlbum, ...]

    @property
    def track_count(self) -> int:
        """The number of tracks of all albums of the artist."""
        return sum(len(album.tracks) for album in self.albums)


def generate_artists(count: int, tracks: int | None, rng: Random) -> list[SampleArtist]:
    """Return `count` invented artists, the hand-written ones first.

    Together they have `tracks` tracks. By default, generated artists have about 18 tracks each.
    Raise BadSetting if the numbers conflict.
    """
    if count < 1:
        raise BadSetting("artists", "a library needs at least one")
    written = _handwritten_artists()[:count]
    fixed, more = sum(artist.track_count for artist in written), count - len(written)
    wanted = fixed + more * _TRACKS_PER_ARTIST if tracks is None else tracks
    if wanted < fixed + more or (wanted > fixed and not more):
        bound = "at least" if more else "exactly"
        raise BadSetting("tracks", f"{count} artists have {bound} {fixed + more}")
    shares = _distribute_tracks(wanted - fixed, more, rng)
    taken = {path_text.normalize_name(artist.name) for artist in written}
    return written + [_generate_artist(share, taken, rng) for share in shares]


def generate_titles(count: int, rng: Random) -> tuple[str, ...]:
    """Generate `count` different titles."""
    taken: set[str] = set()
    return tuple(_make_unique(_generate_title(rng), taken) for _ in range(count))


def _handwritten_artists() -> list[SampleArtist]:
    return [
        SampleArtist(entry["name"], tuple(_parse_album(album) for album in entry["album"]))
        for entry in _load_data()["artist"]
    ]


def _parse_album(entry: dict[str, Any]) -> SampleAlbum:
    lists = {key: tuple(entry.get(key, ())) for key in ("tracks", "mistakes")}
    return SampleAlbum(**{**entry, **lists})


@cache
def _load_data() -> dict[str, Any]:
    source = resources.files(__package__) / "catalogue.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def _distribute_tracks(tracks: int, count: int, rng: Random) -> list[int]:
    """Return a number of tracks for each of `count` artists, at least 1.

    The numbers are uneven, and their sum is `tracks`.
    """
    weights = [rng.choice((1, 1, 2, 2, 3, 5, 8)) for _ in range(count)]
    spare, total = tracks - count, sum(weights)
    ends = [0]
    for weight in weights:
        ends.append(ends[-1] + weight)
    return [
        1 + spare * end // total - spare * start // total for start, end in itertools.pairwise(ends)
    ]


def _generate_artist(tracks: int, taken: set[str], rng: Random) -> SampleArtist:
    name = _make_unique(_generate_artist_name(rng), taken)
    titles: set[str] = set()
    albums = [_generate_album(size, titles, rng) for size in _album_sizes(tracks)]
    return SampleArtist(name, tuple(_as_owned(name, albums)))


def _as_owned(artist: str, albums: Iterable[SampleAlbum]) -> Iterator[SampleAlbum]:
    """Yield an artist's albums with an invented origin and state of tags.

    These are random, but always the same for the same names. The first album of an artist is always
    known to MusicBrainz.
    """
    for number, album in enumerate(albums):
        rng = Random(f"{artist}\n{album.title}")
        known = number == 0 or rng.random() > _UNKNOWN_SHARE
        mistakes = tuple(kind for kind in LOOKUP_DEFECTS if known and rng.random() < _DEFECT_SHARE)
        yield replace(album, known=known, sign=rng.choice(_EDITION_TAGS), mistakes=mistakes)


def _album_sizes(tracks: int) -> Iterator[int]:
    count = max(1, round(tracks / _MAX_ALBUM_TRACKS))
    for number in range(count):
        yield tracks * (number + 1) // count - tracks * number // count


def _generate_album(size: int, taken: set[str], rng: Random) -> SampleAlbum:
    tracks: set[str] = set()
    return SampleAlbum(
        title=_make_unique(_generate_title(rng), taken),
        year=rng.randint(1958, 2024),
        genre=rng.choice(_load_data()["words"]["genres"]),
        format=rng.choice((*FORMATS, *FORMATS, "mixed")),
        cover=rng.choice(("embedded", "file")),
        tracks=tuple(_make_unique(_generate_title(rng), tracks) for _ in range(size)),
    )


def _generate_artist_name(rng: Random) -> str:
    plain, thing, place = _pick_words(rng)
    patterns = (f"The {plain} {thing}s", f"{plain} {thing}", f"{thing} of {place}")
    return rng.choice((*patterns, f"{place} {thing} Club", f"{plain} {place}"))


def _generate_title(rng: Random) -> str:
    plain, thing, place = _pick_words(rng)
    patterns = (f"{plain} {thing}", f"The {thing} at {place}", f"{place}, {plain}")
    return rng.choice((*patterns, f"A {thing} for {place}", thing))


def _pick_words(rng: Random) -> tuple[str, str, str]:
    words = _load_data()["words"]
    return rng.choice(words["plain"]), rng.choice(words["things"]), rng.choice(words["places"])


def _make_unique(name: str, taken: set[str]) -> str:
    unique, number = name, 1
    while path_text.normalize_name(unique) in taken:
        number += 1
        unique = f"{name} {number}"
    taken.add(path_text.normalize_name(unique))
    return unique
