"""Albums that several artists share: in the folders of several, or by many in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter

import msgspec

from mediakeep.music.master.crossings import Crossings

_KEYS = {"release": "albums.release", "title": "albums.alike"}
_MEMBERS = """
    SELECT {key}, albums.id, artists.name, place, title, albumartist, tracks, release
    FROM albums JOIN artists ON artists.id = albums.artist WHERE {key} IN (
        SELECT {key} FROM albums WHERE {key} IS NOT NULL AND {key} <> ''
        GROUP BY {key} HAVING MIN(artist) <> MAX(artist)
    ) ORDER BY {key}, albums.id
"""
_CLASH = """
    SELECT 1 FROM tracks WHERE album IN ({marks}) AND position IS NOT NULL
    GROUP BY position HAVING MIN(title) <> MAX(title) LIMIT 1
"""
_COMPILATIONS = """
    SELECT evidence, title, artists.name, place, tracks, artists FROM compilations
    JOIN artists ON artists.id = compilations.artist
    ORDER BY artists DESC, tracks DESC, compilations.rowid LIMIT ?
"""
_FOLDERS = 20  # that are named of one album
_MOST = 500  # parts of one album of which the positions are compared


class Part(msgspec.Struct, frozen=True):
    """The tracks of an album in one folder of one artist; the path lies below the artist."""

    artist: str
    path: str
    tracks: int


class Shared(msgspec.Struct, frozen=True):
    """An album in the folders of several artists."""

    evidence: str
    title: str
    albumartist: str
    artists: int
    tracks: int
    parts: tuple[Part, ...]  # the first of them


class SharedAlbums(msgspec.Struct, frozen=True):
    """How many albums lie under several artists, and the first of them."""

    total: int
    listed: tuple[Shared, ...]


class Compilation(msgspec.Struct, frozen=True):
    """An album's folder with music by many artists."""

    evidence: str
    title: str
    artist: str  # whose folder it lies in
    path: str
    tracks: int
    artists: int


class Compilations(msgspec.Struct, frozen=True):
    """How many folders hold an album by many artists, and those with the most artists."""

    total: int
    listed: tuple[Compilation, ...]


_Member = Sequence[str | int]  # key, id, artist, place, title, albumartist, tracks, release


def albums(crossings: Crossings, limit: int) -> SharedAlbums:
    """Find the albums that lie in the folders of several artists."""
    total, listed = 0, list[Shared]()
    for evidence in _KEYS:
        found = _found(crossings, evidence)
        first = list(islice(found, limit - len(listed)))
        listed += first
        total += len(first) + sum(1 for _ in found)
    return SharedAlbums(total, tuple(listed))


def compilations(crossings: Crossings, limit: int) -> Compilations:
    """Find the folders that hold an album by many artists."""
    (total,) = crossings.base.execute("SELECT COUNT(*) FROM compilations").fetchone()
    rows = crossings.base.execute(_COMPILATIONS, (limit,))
    return Compilations(total, tuple(Compilation(*row) for row in rows))


def _found(crossings: Crossings, evidence: str) -> Iterator[Shared]:
    rows = crossings.base.execute(_MEMBERS.format(key=_KEYS[evidence]))
    for _, members in groupby(rows, itemgetter(0)):
        group = list(members)
        if evidence == "release" or _is_one(crossings, group):
            yield _told(evidence, group)


def _is_one(crossings: Crossings, group: Sequence[_Member]) -> bool:
    """Tell whether one title by one album artist is one album, and not told already.

    It is none where MusicBrainz knows several releases, or two tracks claim one place: there are
    many albums named "Greatest Hits".
    """
    releases = {member[7] for member in group}
    if len(releases - {""}) > 1 or "" not in releases:
        return False
    ids = [member[1] for member in group[:_MOST]]
    marks = ", ".join("?" * len(ids))
    return crossings.base.execute(_CLASH.format(marks=marks), ids).fetchone() is None


def _told(evidence: str, group: Sequence[_Member]) -> Shared:
    parts = tuple(Part(str(one[2]), str(one[3]), int(one[6])) for one in group[:_FOLDERS])
    return Shared(
        evidence,
        title=str(group[0][4]),
        albumartist=str(group[0][5]),
        artists=len({one[2] for one in group}),
        tracks=sum(int(one[6]) for one in group),
        parts=parts,
    )
