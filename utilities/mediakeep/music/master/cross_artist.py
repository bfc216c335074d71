"""A temporary database of all artists' tracks and albums, for comparisons between artists.

It has no file name: SQLite keeps it in memory while it is small, then in a file that is already
unlinked. So nothing is left after a kill (https://www.sqlite.org/inmemorydb.html, "Temporary
Databases").
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from mediakeep.music.master import match_keys
from mediakeep.music.master.audit_reader import ArtistAudit, AuditTrack
from mediakeep.music.model import Album
from mediakeep.music.text import compare_text

_CACHE_KB = 16_000  # KB
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
_INDEXES = """
    CREATE INDEX by_essence ON tracks (essence) WHERE essence IS NOT NULL;
    CREATE INDEX by_recording ON tracks (recording) WHERE recording IS NOT NULL;
    CREATE INDEX by_song ON tracks (song) WHERE song IS NOT NULL;
    CREATE INDEX by_album ON tracks (album);
"""


class SharedTracksIndex:
    """The comparison keys of all artists' tracks and albums, in a temporary database.

    `db` may be queried after `create_indexes`.
    """

    def __init__(self) -> None:
        self.db = sqlite3.connect("", isolation_level=None)
        self.db.executescript(f"PRAGMA cache_size = -{_CACHE_KB}; PRAGMA journal_mode = OFF;")
        self.db.executescript(_TABLES)
        self.db.execute("BEGIN")  # a temporary database needs no commits
        self._artists = self._albums = 0

    def add(self, audit: ArtistAudit, albums: Iterable[Album]) -> None:
        """Add the comparison keys of one artist; `albums` are the same albums as scanned."""
        self._artists += 1
        artist = self._artists
        self._insert("artists", [(artist, audit.artist)])
        self._add_tracks(audit)
        self._insert("names", [(artist, *name) for name in match_keys.artist_names(audit)])
        self._insert(
            "compilations", [(artist, *row) for row in map(_compilation_row, albums) if row]
        )

    def create_indexes(self) -> None:
        """Create the database indexes; call this after the last artist was added."""
        self.db.executescript(_INDEXES)

    def close(self) -> None:
        """Close and delete the database."""
        self.db.close()

    def _add_tracks(self, audit: ArtistAudit) -> None:
        albums, tracks = [], []
        for edition, edition_tracks in match_keys.group_by_edition(audit).items():
            self._albums += 1
            tags = edition_tracks[0].tags
            names = compare_text.first_text(tags.album), compare_text.first_text(tags.albumartist)
            place = (self._albums, self._artists, edition.place)
            albums.append(
                (
                    *place,
                    *names,
                    len(edition_tracks),
                    edition.release,
                    match_keys.title_key(edition),
                )
            )
            tracks += [(self._albums, *_track_row(track)) for track in edition_tracks]
        self._insert("albums", albums)
        self._insert("tracks", tracks)

    def _insert(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self.db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _track_row(track: AuditTrack) -> tuple[object, ...]:
    facts = track.facts
    assert facts is not None, "a track that can be read has facts"
    title = compare_text.first_text(track.tags.title)
    return (
        track.path,
        title,
        facts.duration,
        facts.format,
        facts.size,
        match_keys.position_key(track),
        match_keys.essence_key(track, facts),
        match_keys.recording_key(track),
        match_keys.song_key(track, facts, title),
    )


def _compilation_row(album: Album) -> tuple[object, ...]:
    """Return a compilation's place, title, number of tracks, number of artists, and evidence."""
    evidence = match_keys.detect_compilation(album)
    if not evidence:
        return ()
    titles = (name for track in album.readable_tracks for name in track.tags.album)
    return album.place, compare_text.first_text(titles), len(album.tracks), *evidence
