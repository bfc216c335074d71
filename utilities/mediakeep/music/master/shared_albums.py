"""Find albums that several artists' folders contain, and folders with music by many artists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter

import msgspec

from mediakeep.music.master.cross_artist import SharedTracksIndex

_COLUMNS = {"release": "albums.release", "title": "albums.alike"}
_MEMBERS = """
    SELECT {key}, albums.id, artists.name, place, title, albumartist, tracks, release
    FROM albums JOIN artists ON artists.id = albums.artist WHERE {key} IN (
        SELECT {key} FROM albums WHERE {key} IS NOT NULL AND {key} <> ''
        GROUP BY {key} HAVING MIN(artist) <> MAX(artist)
    ) ORDER BY {key}, albums.id
"""
_POSITION_CLASH = """
    SELECT 1 FROM tracks WHERE album IN ({marks}) AND position IS NOT NULL
    GROUP BY position HAVING MIN(title) <> MAX(title) LIMIT 1
"""
_COMPILATIONS = """
    SELECT evidence, title, artists.name, place, tracks, artists FROM compilations
    JOIN artists ON artists.id = compilations.artist
    ORDER BY artists DESC, tracks DESC, compilations.rowid LIMIT ?
"""
_MAX_PARTS = 20  # folders listed per album
_MAX_COMPARED_PARTS = 500  # parts of one album whose positions are compared


class AlbumPart(msgspec.Struct, frozen=True):
    """The tracks of an album in one artist's folder; the path is relative to that folder."""

    artist: str
    path: str
    tracks: int


class SharedAlbum(msgspec.Struct, frozen=True):
    """An album whose tracks are spread over the folders of several artists."""

    evidence: str
    title: str
    albumartist: str
    artists: int
    tracks: int
    parts: tuple[AlbumPart, ...]  # the first of the parts


class SharedAlbums(msgspec.Struct, frozen=True):
    """The number of albums spread over several artists' folders, and a list of the first ones."""

    total: int
    listed: tuple[SharedAlbum, ...]


class Compilation(msgspec.Struct, frozen=True):
    """An album folder that contains music by many artists."""

    evidence: str
    title: str
    artist: str  # the artist of the folder
    path: str
    tracks: int
    artists: int


class Compilations(msgspec.Struct, frozen=True):
    """The number of compilations, and a list of those with most artists."""

    total: int
    listed: tuple[Compilation, ...]


_Member = Sequence[str | int]  # key, id, artist, place, title, albumartist, tracks, release


def find_shared_albums(cross_artist_index: SharedTracksIndex, limit: int) -> SharedAlbums:
    """Find the albums that are spread over several artists' folders; list at most `limit`."""
    total, listed = 0, list[SharedAlbum]()
    for evidence in _COLUMNS:
        shared = _iter_shared_albums(cross_artist_index, evidence)
        first = list(islice(shared, limit - len(listed)))
        listed += first
        total += len(first) + sum(1 for _ in shared)
    return SharedAlbums(total, tuple(listed))


def find_compilations(cross_artist_index: SharedTracksIndex, limit: int) -> Compilations:
    """Find the album folders with music by many artists; list at most `limit`."""
    (total,) = cross_artist_index.db.execute("SELECT COUNT(*) FROM compilations").fetchone()
    rows = cross_artist_index.db.execute(_COMPILATIONS, (limit,))
    return Compilations(total, tuple(Compilation(*row) for row in rows))


def _iter_shared_albums(
    cross_artist_index: SharedTracksIndex, evidence: str
) -> Iterator[SharedAlbum]:
    rows = cross_artist_index.db.execute(_MEMBERS.format(key=_COLUMNS[evidence]))
    for _, members in groupby(rows, itemgetter(0)):
        group = list(members)
        if evidence == "release" or _is_single_album(cross_artist_index, group):
            yield _build_shared_album(evidence, group)


def _is_single_album(cross_artist_index: SharedTracksIndex, group: Sequence[_Member]) -> bool:
    """Return whether parts with equal title and album artist are one album, and not found already.

    They are not if MusicBrainz has several releases, or if two tracks have the same position. Many
    albums are named "Greatest Hits".
    """
    releases = {member[7] for member in group}
    if len(releases - {""}) > 1 or "" not in releases:
        return False
    part_ids = [member[1] for member in group[:_MAX_COMPARED_PARTS]]
    marks = ", ".join("?" * len(part_ids))
    return (
        cross_artist_index.db.execute(_POSITION_CLASH.format(marks=marks), part_ids).fetchone()
        is None
    )


def _build_shared_album(evidence: str, group: Sequence[_Member]) -> SharedAlbum:
    parts = tuple(
        AlbumPart(str(member[2]), str(member[3]), int(member[6])) for member in group[:_MAX_PARTS]
    )
    return SharedAlbum(
        evidence,
        title=str(group[0][4]),
        albumartist=str(group[0][5]),
        artists=len({member[2] for member in group}),
        tracks=sum(int(member[6]) for member in group),
        parts=parts,
    )
