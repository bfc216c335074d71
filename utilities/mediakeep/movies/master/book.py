"""Write the master report of a movie library from the records of its movies.

1. Each record is read, written to the JSON and the CSV, counted and compared, one at a time.
2. The statistics are added to the JSON, the summary is built from them, and all files are put
   in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import msgspec

from mediakeep import drafts, files
from mediakeep.drafts import Draft
from mediakeep.errors import NewerFormat, Unreadable
from mediakeep.movies.master import statistics, summary
from mediakeep.movies.master.crossings import Crossings
from mediakeep.movies.master.statistics import Statistics
from mediakeep.movies.master.tallies import Tallies
from mediakeep.movies.outputs import record, rows
from mediakeep.movies.outputs.entry import Record

FORMAT = 1
JSON = "outputs/movies_library_master.json"
CSV = "outputs/movies_library_master.csv"
SUMMARY = "outputs/movies_library_master.md"

_LOCK = "status/movies/master.lock"
_NAMED = 1000  # movies without a readable record that the statistics list
_ENCODER = msgspec.json.Encoder()


class Listed(msgspec.Struct, frozen=True, gc=False):
    """A completed movie: its display name and the name of its outputs."""

    name: str
    output_name: str


class Scope(msgspec.Struct, frozen=True):
    """The library of the report, its completed movies, and how many movies are left out."""

    home: Path
    library: str
    written: str  # UTC
    movies: tuple[Listed, ...]
    others: Mapping[str, int]  # by reason


class Written(msgspec.Struct, frozen=True):
    """The statistics, and a sentence for each unreadable record."""

    statistics: Statistics
    failures: tuple[str, ...]


def write(scope: Scope, limit: int) -> Written:
    """Write the three files, one process at a time; lists in the statistics have `limit` entries.

    An unreadable record is reported, and the others are written.
    """
    home = scope.home
    unread: dict[str, str] = {}
    places = (home / name for name in (JSON, CSV, SUMMARY))
    files.make_folder((home / _LOCK).parent)
    with files.locked(home / _LOCK), drafts.replacing(*places) as (movies, table, page):
        writer = Book(scope, movies, table, limit)
        for listed in scope.movies:
            try:
                movie = record.read(home / record.place(listed.output_name))
            except (Unreadable, NewerFormat) as error:
                unread[listed.name] = str(error)
                continue
            writer.add(movie)
        totals = writer.close(tuple(islice(unread, _NAMED)))
        page.write(summary.render(totals, scope.library).encode())
    return Written(totals, tuple(unread.values()))


class Book:
    """The JSON and the CSV while they are written."""

    def __init__(self, scope: Scope, movies: Draft, table: Draft, limit: int) -> None:
        self._scope = scope
        self._movies = movies
        self._table = table
        self._tallies = Tallies()
        self._crossings = Crossings(limit)
        self._between = b"\n"
        head = {"format": FORMAT, "written": scope.written, "library": scope.library}
        movies.write(_ENCODER.encode(head)[:-1] + b',\n"movies": [')
        table.write(rows.header().encode())

    def add(self, movie: Record) -> None:
        """Add the record of a movie."""
        self._movies.write(self._between + _ENCODER.encode(movie))
        self._between = b",\n"
        self._table.write(rows.row(movie).encode())
        self._tallies.add(movie)
        self._crossings.add(movie)

    def close(self, unread: tuple[str, ...]) -> Statistics:
        """Write the statistics after the movies, and return them."""
        left_out = dict(self._scope.others)
        totals = statistics.of(self._tallies, self._crossings, left_out, unread)
        self._movies.write(b'\n],\n"statistics": ' + _ENCODER.encode(totals) + b"}\n")
        return totals
