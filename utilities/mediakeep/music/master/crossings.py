"""The index for comparisons across artists, a temporary database.

It has no file name: SQLite keeps it in memory while it is small, then in a file that is already
unlinked, so that nothing is left after a kill (https://www.sqlite.org/inmemorydb.html, "Temporary
Databases").
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from mediakeep.music.checks import letters
from mediakeep.music.master import keys
from mediakeep.music.master.audits import Audit, Told
from mediakeep.music.model import Album

_CACHE = 16_000  # KB
_TABLES = """
    CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE albums (
        id INTEGER PRIMARY KEY, artist INTEGER, place TEXT, title TEXT, albumartist TEXT,
        tracks INTEGER, release TEXT, alike INTEGER
    );
    CREATE TABLE compilations (
        artist INTEGER, place TEXT, title TEXT, tracks INTEGER, artists INTEGER, evidence TEXT
    );
    CREATE TABLE tracks (
        album INTEGER, place TEXT, title TEXT, seconds REAL, format TEXT, bytes INTEGER,
        position INTEGER, essence INTEGER, recording INTEGER, song INTEGER
    );
    CREATE TABLE names (
        artist INTEGER, alike INTEGER, name TEXT, mbid TEXT, tracks INTEGER, folder INTEGER
    );
"""
_INDICES = """
    CREATE INDEX by_essence ON tracks (essence) WHERE essence IS NOT NULL;
    CREATE INDEX by_recording ON tracks (recording) WHERE recording IS NOT NULL;
    CREATE INDEX by_song ON tracks (song) WHERE song IS NOT NULL;
    CREATE INDEX by_album ON tracks (album);
"""


class Crossings:
    """The comparison keys of all artists; `db` may be queried after `create_indexes`."""

    def __init__(self) -> None:
        self.base = sqlite3.connect("", isolation_level=None)
        self.base.executescript(f"PRAGMA cache_size = -{_CACHE}; PRAGMA journal_mode = OFF;")
        self.base.executescript(_TABLES)
        self.base.execute("BEGIN")  # a temporary database needs no commits
        self._artists = self._albums = 0

    def add(self, audit: Audit, albums: Iterable[Album]) -> None:
        """Add the keys of one artist; `albums` are the same albums as scanned."""
        self._artists += 1
        artist = self._artists
        self._fill("artists", [(artist, audit.artist)])
        self._add_tracks(audit)
        self._fill("names", [(artist, *name) for name in keys.names(audit)])
        self._fill("compilations", [(artist, *row) for row in map(_compilation, albums) if row])

    def index(self) -> None:
        """Create the indexes, after the last artist."""
        self.base.executescript(_INDICES)

    def close(self) -> None:
        """Close and delete the database."""
        self.base.close()

    def _add_tracks(self, audit: Audit) -> None:
        albums, tracks = [], []
        for edition, edition_tracks in keys.editions(audit).items():
            self._albums += 1
            tags = edition_tracks[0].tags
            names = letters.first(tags.album), letters.first(tags.albumartist)
            place = (self._albums, self._artists, edition.place)
            albums.append(
                (*place, *names, len(edition_tracks), edition.release, keys.titled(edition))
            )
            tracks += [(self._albums, *_track(track)) for track in edition_tracks]
        self._fill("albums", albums)
        self._fill("tracks", tracks)

    def _fill(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self.base.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _track(track: Told) -> tuple[object, ...]:
    facts = track.facts
    assert facts is not None, "a track that can be read has facts"
    title = letters.first(track.tags.title)
    return (
        track.path,
        title,
        facts.duration,
        facts.format,
        facts.size,
        keys.position(track),
        keys.essence(track, facts),
        keys.recording(track),
        keys.song(track, facts, title),
    )


def _compilation(album: Album) -> tuple[object, ...]:
    """Return place, title, number of tracks, number of artists and evidence of a compilation."""
    evidence = keys.compilation(album)
    if not evidence:
        return ()
    titles = (name for track in album.readable for name in track.tags.album)
    return album.place, letters.first(titles), len(album.tracks), *evidence
