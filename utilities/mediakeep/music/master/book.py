"""The master report of a library, made from the audits of its artists.

1. Each audit is read; its tracks go to the JSON and the CSV, what is counted to the tallies, what
   is compared to the crossings. Then it is forgotten: memory holds one artist at a time.
2. The statistics are made of tallies and crossings.
3. The JSON's head, for which room was left, is written, and all three files take their places.
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
_ROOM = 80  # bytes by which the counts in the JSON's head may grow
_NAMED = 1000  # artists without an audit that the head names
_ENCODER = msgspec.json.Encoder()


class Listed(msgspec.Struct, frozen=True, gc=False):
    """A completed artist: its name for people, and its audit's path below the home."""

    name: str
    audit: str


class Scope(msgspec.Struct, frozen=True):
    """Whose report it is: the library, its completed artists, and how many others there are."""

    home: Path
    library: str
    written: str  # UTC
    artists: tuple[Listed, ...]
    others: Mapping[str, int]  # by why they are not in it


class Counts(msgspec.Struct, frozen=True):
    """What the master file holds."""

    artists: int
    albums: int
    tracks: int
    issues: int


class Written(msgspec.Struct, frozen=True):
    """What was made of it, and why some audits are missing, a sentence each."""

    statistics: Statistics
    failures: tuple[str, ...]


class _Opening(msgspec.Struct, frozen=True):
    """What stands before the tracks."""

    format: int
    written: str
    library: str
    counts: Counts


def write(scope: Scope, limit: int) -> Written:
    """Write the three files, one run at a time; a list in the statistics has at most `limit`.

    An audit that cannot be read is named, and the rest is written. ItemFailed where there is no
    room for what is compared.
    """
    try:
        return _written(scope, limit)
    except sqlite3.OperationalError as error:
        raise ItemFailed(
            f"What is compared across artists could not be stored: {error}. The files of the last "
            "run were left as they are. Free space, or name a folder with more in TMPDIR."
        ) from error


def _written(scope: Scope, limit: int) -> Written:
    home = scope.home
    unread: dict[Listed, str] = {}
    places = (home / name for name in (JSON, CSV, STATISTICS))
    with (
        files.locked(home / _LOCK),
        closing(Crossings()) as crossings,
        drafts.replacing(*places) as (tracks, table, told),
    ):
        book = Book(scope, crossings, tracks, table)
        for artist in scope.artists:
            try:
                found = audits.read(home / artist.audit)
            except (Unreadable, NewerFormat) as error:
                unread[artist] = str(error)
                continue
            book.add(found)
        made = book.close([artist.name for artist in islice(unread, _NAMED)], limit)
        told.write(msgspec.json.format(_ENCODER.encode(made), indent=2) + b"\n")
    return Written(made, tuple(unread.values()))


class Book:
    """The three files in the making."""

    def __init__(self, scope: Scope, crossings: Crossings, tracks: Draft, table: Draft) -> None:
        self._scope = scope
        self._tracks = tracks
        self._table = table
        self._crossings = crossings
        self._tallies = Tallies(crossings.base)
        self._counts: Counter[str] = Counter()
        tracks.write(self._opening() + b" " * _ROOM + b'\n"tracks": [')
        table.write(",".join(lines.COLUMNS).encode() + b"\n")

    def add(self, found: Audit) -> None:
        """Take all of one artist."""
        between = b",\n" if self._counts["tracks"] else b"\n"
        if text := b",\n".join(_ENCODER.encode(lines.line(found, one)) for one in found.tracks):
            self._tracks.write(between + text)
        artist = found.model()
        self._table.write(lines.rows(found, artist))
        counting.artist(self._tallies, found)
        self._crossings.add(found, artist.albums)
        sizes = {"albums": len(found.albums), "tracks": len(found.tracks)}
        self._counts.update(artists=1, issues=len(found.issues), **sizes)

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
        """Write the head, without its last brace; JSON allows the blanks behind it."""
        counts = Counts(*(self._counts[name] for name in Counts.__struct_fields__))
        scope = self._scope
        opening = _Opening(FORMAT, scope.written, scope.library, counts)
        return _ENCODER.encode(opening)[:-1] + b","
