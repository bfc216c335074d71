"""The tables and the master report of made records of movies, by library."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from msgspec import structs

from benchmarks import table
from mediakeep.item import Item, Status
from mediakeep.lookups.tmdb.model import MovieSummary, NamedEntity
from mediakeep.master_scope import MasterReportScope, ReportedItem
from mediakeep.movies import diagnose
from mediakeep.movies.item import MovieItem
from mediakeep.movies.master import report_writer
from mediakeep.movies.model import MovieName
from mediakeep.movies.outputs import csv_tables, movie_record, movie_report
from tests.movies import accounts

_MARK = "@TITLE@"  # in the template
_DONE = 500  # movies that are done again between two milestones
_MEASURE = """
import resource, sys
from pathlib import Path
from benchmarks import movie_tables
print(movie_tables.measured(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def run(home: Path, *, full: bool) -> None:
    """Measure at 1,000 and 10,000 movies, in full at 50,000 too."""
    rows = []
    for size in (1_000, 10_000, *([50_000] * full)):
        make(home / str(size), size)
        for what in ("first", "again", "some", "master"):
            rows.append([f"{size:,}", what, *_fresh(home / str(size), size, what)])
    table.show(
        "Tables and master report, each in a fresh process",
        ("movies", "what", "seconds", "peak MB"),
        rows,
        f"first: nothing was kept; again: nothing has changed; some: {_DONE} were done again.",
    )


def _fresh(home: Path, size: int, what: str) -> tuple[str, str]:
    line = [sys.executable, "-c", _MEASURE, str(home), str(size), what]
    done = subprocess.run(line, check=True, capture_output=True, text=True)
    seconds, peak = done.stdout.split()
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return f"{float(seconds):.2f}", f"{int(peak) / unit:.0f}"


def make(home: Path, count: int) -> None:
    """Write records: three in four movies are certain, and the fourth is open."""
    movie = accounts.film(title=_MARK, collection=NamedEntity("The Harbours", id=7))
    result = accounts.account(
        local=accounts.local(key=_MARK, name=MovieName(_MARK, 1987)),
        identity=accounts.certain(movie=movie),
        missing_in_collection=(MovieSummary(900, "Loud Harbour"),),
    )
    unsure = accounts.build_open_identity(accounts.candidate(1, 0.8), accounts.candidate(2, 0.79))
    kinds = [
        result,
        result,
        result,
        structs.replace(result, identity=unsure, missing_in_collection=()),
    ]
    texts = [
        movie_record.render_json(kind, diagnose.find_issues(kind), movie_report.report_place("m"))
        for kind in kinds
    ]
    (home / "outputs" / "movies").mkdir(parents=True)
    for number in range(count):
        text = texts[number % 4].replace(_MARK.encode(), b"Movie %d" % number)
        text = text.replace(b"4711", b"%d" % (number + 1))
        (home / movie_record.record_place(f"m{number}")).write_bytes(text)


def measured(home: Path, count: int, what: str) -> float:
    """Return how many seconds one of them takes."""
    items: dict[str, Item] = {
        f"Movie {number}": MovieItem(status=Status.COMPLETED, output_name=f"m{number}")
        for number in range(count)
    }
    if what == "some":
        for number in range(_DONE):
            path = home / movie_record.record_place(f"m{number}")
            path.write_bytes(path.read_bytes().replace(b"Ida", b"Ada"))
    started = time.perf_counter()
    if what == "master":
        movies = tuple(ReportedItem(key, item.output_name) for key, item in items.items())
        report_writer.write_report(MasterReportScope(home, "/films", "", movies, {}), 200)
    else:
        assert csv_tables.update_tables(home, items) == []
    return time.perf_counter() - started
