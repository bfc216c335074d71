"""The master report of a library of movies, made from their records.

1. Each record is read; it goes to the JSON and the CSV, what is counted to the tallies, what is
   compared to the crossings. Then it is forgotten.
2. The statistics end the JSON, the summary is made of them, and all files take their places.
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
_NAMED = 1000  # movies without a record that the statistics name
_ENCODER = msgspec.json.Encoder()


class Listed(msgspec.Struct, frozen=True, gc=False):
    """A completed movie: its name for people, and what its outputs are named."""

    name: str
    output_name: str


class Scope(msgspec.Struct, frozen=True):
    """Whose report it is: the library, its completed movies, and how many others there are."""

    home: Path
    library: str
    written: str  # UTC
    movies: tuple[Listed, ...]
    others: Mapping[str, int]  # by why they are not in it


class Written(msgspec.Struct, frozen=True):
    """What was made of it, and why some records are missing, a sentence each."""

    statistics: Statistics
    failures: tuple[str, ...]


def write(scope: Scope, limit: int) -> Written:
    """Write the three files, one run at a time; a list in the statistics has at most `limit`.

    A record that cannot be read is named, and the rest is written.
    """
    home = scope.home
    unread: dict[str, str] = {}
    places = (home / name for name in (JSON, CSV, SUMMARY))
    files.make_folder((home / _LOCK).parent)
    with files.locked(home / _LOCK), drafts.replacing(*places) as (movies, table, told):
        book = Book(scope, movies, table, limit)
        for listed in scope.movies:
            try:
                found = record.read(home / record.place(listed.output_name))
            except (Unreadable, NewerFormat) as error:
                unread[listed.name] = str(error)
                continue
            book.add(found)
        made = book.close(tuple(islice(unread, _NAMED)))
        told.write(summary.render(made, scope.library).encode())
    return Written(made, tuple(unread.values()))


class Book:
    """The JSON and the CSV in the making."""

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

    def add(self, found: Record) -> None:
        """Take all of one movie."""
        self._movies.write(self._between + _ENCODER.encode(found))
        self._between = b",\n"
        self._table.write(rows.row(found).encode())
        self._tallies.add(found)
        self._crossings.add(found)

    def close(self, unread: tuple[str, ...]) -> Statistics:
        """Write what stands after the movies, and return it."""
        left_out = dict(self._scope.others)
        made = statistics.of(self._tallies, self._crossings, left_out, unread)
        self._movies.write(b'\n],\n"statistics": ' + _ENCODER.encode(made) + b"}\n")
        return made
