"""Write the master report of a movie library from the records of its movies.

1. Each record is read, written to the JSON and the CSV, counted and compared, one at a time.
2. The statistics are added to the JSON, the summary is built from them, and all files are put
   in place.
"""

from __future__ import annotations

from itertools import islice

import msgspec

from mediakeep import atomic_files, atomic_writer
from mediakeep.atomic_writer import PartialFile
from mediakeep.errors import NewerFormat, Unreadable
from mediakeep.master_scope import MasterReportScope
from mediakeep.movies.master import library_statistics, summary
from mediakeep.movies.master.comparisons import MovieComparisons
from mediakeep.movies.master.counters import MovieCounters
from mediakeep.movies.master.library_statistics import MovieLibraryStatistics
from mediakeep.movies.outputs import csv_rows, movie_record
from mediakeep.movies.outputs.record_model import MovieRecord

MASTER_FORMAT = 1
JSON_PATH = "outputs/movies_library_master.json"
CSV_PATH = "outputs/movies_library_master.csv"
SUMMARY_PATH = "outputs/movies_library_master.md"

_LOCK_PATH = "status/movies/master.lock"
_MAX_UNREAD = 1000  # movies without a readable record that the statistics list
_ENCODER = msgspec.json.Encoder()


class MovieReportResult(msgspec.Struct, frozen=True):
    """The result of writing a master report.

    `failures` has a sentence for each record that could not be read.
    """

    statistics: MovieLibraryStatistics
    failures: tuple[str, ...]


def write_report(scope: MasterReportScope, limit: int) -> MovieReportResult:
    """Write the three files of a master report; only one process at a time may do this.

    Lists in the statistics have at most `limit` entries. An unreadable record is reported, and the
    others are written.
    """
    home = scope.home
    unread: dict[str, str] = {}
    places = (home / name for name in (JSON_PATH, CSV_PATH, SUMMARY_PATH))
    atomic_files.make_folder((home / _LOCK_PATH).parent)
    with (
        atomic_files.exclusive_lock(home / _LOCK_PATH),
        atomic_writer.replace_files(*places) as (movies, table, page),
    ):
        writer = MovieReportWriter(scope, movies, table, limit)
        for listed in scope.items:
            try:
                movie = movie_record.read(home / movie_record.record_place(listed.output_name))
            except (Unreadable, NewerFormat) as error:
                unread[listed.name] = str(error)
                continue
            writer.add(movie)
        totals = writer.close(tuple(islice(unread, _MAX_UNREAD)))
        page.write(summary.render_page(totals, scope.library).encode())
    return MovieReportResult(totals, tuple(unread.values()))


class MovieReportWriter:
    """Writes the JSON and the CSV of a master report, movie by movie."""

    def __init__(
        self, scope: MasterReportScope, movies: PartialFile, table: PartialFile, limit: int
    ) -> None:
        self._scope = scope
        self._json = movies
        self._csv = table
        self._counters = MovieCounters()
        self._comparisons = MovieComparisons(limit)
        self._separator = b"\n"
        head = {"format": MASTER_FORMAT, "written": scope.written, "library": scope.library}
        movies.write(_ENCODER.encode(head)[:-1] + b',\n"movies": [')
        table.write(csv_rows.format_header().encode())

    def add(self, movie: MovieRecord) -> None:
        """Add the record of a movie to the JSON, the CSV and the statistics."""
        self._json.write(self._separator + _ENCODER.encode(movie))
        self._separator = b",\n"
        self._csv.write(csv_rows.format_row(movie).encode())
        self._counters.add(movie)
        self._comparisons.add(movie)

    def close(self, unread: tuple[str, ...]) -> MovieLibraryStatistics:
        """Write the statistics after the movies, and return them.

        `unread` are the movies whose record could not be read.
        """
        left_out = dict(self._scope.others)
        totals = library_statistics.build_statistics(
            self._counters, self._comparisons, left_out, unread
        )
        self._json.write(b'\n],\n"statistics": ' + _ENCODER.encode(totals) + b"}\n")
        return totals
