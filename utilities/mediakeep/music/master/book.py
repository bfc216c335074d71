"""Write the master report of a library from the audits of its artists.

1. Each audit is read; its tracks are written to the JSON and the CSV, its counts to the counters,
   its comparison keys to the index. Then it is discarded: memory holds one artist at a time.
2. The statistics are computed from counters and index.
3. The head of the JSON is written into the space reserved for it, and all three files are replaced.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path

import msgspec

from mediakeep import drafts, files
from mediakeep.drafts import Draft
from mediakeep.errors import ItemFailed, NewerFormat, Unreadable
from mediakeep.music.master import audits, counting, lines, statistics
from mediakeep.music.master.audits import Audit
from mediakeep.music.master.crossings import Crossings
from mediakeep.music.master.statistics import Head, Statistics
from mediakeep.music.master.tallies import Tallies

FORMAT = 1
JSON = "outputs/music_library_master.json"
CSV = "outputs/music_library_master.csv"
STATISTICS = "outputs/music_library_statistics.json"

_LOCK = "status/music/master.lock"
_ROOM = 80  # bytes reserved for longer counts in the JSON's head
_NAMED = 1000  # artists without an audit listed in the head
_ENCODER = msgspec.json.Encoder()


class Listed(msgspec.Struct, frozen=True, gc=False):
    """A completed artist: its display name, and the path of its audit below the home."""

    name: str
    audit: str


class Scope(msgspec.Struct, frozen=True):
    """The library, its completed artists, and the number of other artists."""

    home: Path
    library: str
    written: str  # UTC
    artists: tuple[Listed, ...]
    others: Mapping[str, int]  # by the reason why they are left out


class Counts(msgspec.Struct, frozen=True):
    """The size of the master file."""

    artists: int
    albums: int
    tracks: int
    issues: int


class Written(msgspec.Struct, frozen=True):
    """The statistics, and a message for each audit that could not be read."""

    statistics: Statistics
    failures: tuple[str, ...]


class _Opening(msgspec.Struct, frozen=True):
    """The head of the JSON, before the tracks."""

    format: int
    written: str
    library: str
    counts: Counts


def write(scope: Scope, limit: int) -> Written:
    """Write the three files, one process at a time; lists have at most `limit` entries.

    Unreadable audits are reported, and the rest is written. Raise ItemFailed if there is no space
    for the comparison data.
    """
    try:
        return _written(scope, limit)
    except sqlite3.OperationalError as error:
        raise ItemFailed(
            f"Comparison data not stored: {error}. The files of the last run are unchanged. "
            "Free some space, or set TMPDIR to a folder with more."
        ) from error


def _written(scope: Scope, limit: int) -> Written:
    home = scope.home
    unread: dict[Listed, str] = {}
    places = (home / name for name in (JSON, CSV, STATISTICS))
    with (
        files.locked(home / _LOCK),
        closing(Crossings()) as crossings,
        drafts.replacing(*places) as (tracks, table, statistics_file),
    ):
        book = Book(scope, crossings, tracks, table)
        for artist in scope.artists:
            try:
                artist_audit = audits.read(home / artist.audit)
            except (Unreadable, NewerFormat) as error:
                unread[artist] = str(error)
                continue
            book.add(artist_audit)
        result = book.close([artist.name for artist in islice(unread, _NAMED)], limit)
        statistics_file.write(msgspec.json.format(_ENCODER.encode(result), indent=2) + b"\n")
    return Written(result, tuple(unread.values()))


class Book:
    """Writes the three files of the master report."""

    def __init__(self, scope: Scope, crossings: Crossings, tracks: Draft, table: Draft) -> None:
        self._scope = scope
        self._tracks = tracks
        self._table = table
        self._crossings = crossings
        self._tallies = Tallies(crossings.base)
        self._counts: Counter[str] = Counter()
        tracks.write(self._opening() + b" " * _ROOM + b'\n"tracks": [')
        table.write(",".join(lines.COLUMNS).encode() + b"\n")

    def add(self, artist_audit: Audit) -> None:
        """Add all data of one artist."""
        separator = b",\n" if self._counts["tracks"] else b"\n"
        if text := b",\n".join(
            _ENCODER.encode(lines.line(artist_audit, track)) for track in artist_audit.tracks
        ):
            self._tracks.write(separator + text)
        artist = artist_audit.model()
        self._table.write(lines.rows(artist_audit, artist))
        counting.artist(self._tallies, artist_audit)
        self._crossings.add(artist_audit, artist.albums)
        sizes = {"albums": len(artist_audit.albums), "tracks": len(artist_audit.tracks)}
        self._counts.update(artists=1, issues=len(artist_audit.issues), **sizes)

    def close(self, unread: Iterable[str], limit: int) -> Statistics:
        """Finish the JSON, and return the statistics."""
        self._tracks.write(b"\n]}\n")
        self._tracks.rewrite(self._opening(), 0)
        head = Head(
            written=self._scope.written,
            library=self._scope.library,
            artists=self._counts["artists"],
            left_out=dict(self._scope.others),
            unread=tuple(unread),
        )
        return statistics.of(head, self._tallies, self._crossings, limit)

    def _opening(self) -> bytes:
        """Return the head without its closing brace; it is padded with spaces, as JSON allows."""
        counts = Counts(*(self._counts[name] for name in Counts.__struct_fields__))
        scope = self._scope
        opening = _Opening(FORMAT, scope.written, scope.library, counts)
        return _ENCODER.encode(opening)[:-1] + b","
