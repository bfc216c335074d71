"""Reports on made histories, and those of them that are kept.

`python -m tests.views.reports` writes the kept ones again, to be looked at before they are
committed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.views import periods
from mediakeep.views.report import report_files
from tests.views import months
from tests.views.months import Months

GOLDEN = Path(__file__).with_name("golden")
FORMATS = ("md", "html", "json", "csv")
HOME = "/home/of/music"  # what kept reports say in place of the true one


def one_artist(home: Path) -> Months:
    """A library of one artist, which is done again after an issue was settled."""
    month_history = Months(home, 8, artists=["Solo"])
    month_history.batch(1)
    month_history.at("2026-11-13T10:00:00")
    month_history.by_hand("Solo")
    month_history.at("2026-11-15T18:00:00")
    return month_history


REPORTS: dict[str, tuple[Callable[[Path], Months], str]] = {
    "running_week": (months.make_history, "2026-W53"),
    "closed_week": (months.make_history, "2026-W48"),
    "empty_week": (months.make_history, "2026-W49"),
    "day": (months.make_history, "2027-01-01"),
    "one_artist": (one_artist, "2026-W46"),
}


def write(history: Months, name: str) -> dict[str, Path]:
    """Write the report on a week or day in all formats; return its files by their suffixes."""
    context = ReportContext(history.home, history.now, months.ZONE)
    report = period_report.collect_report(context, periods.parse_period(name, months.ZONE))
    assert report
    paths = report_files.write_report(history.home, report, FORMATS)
    return {path.suffix[1:]: path for path in paths if path.suffix != ".svg"}


def read_report(path: Path, home: Path) -> str:
    """Return a report without the place where it was made."""
    return path.read_text().replace(str(home), HOME)


def list_stored(name: str) -> tuple[str, ...]:
    """Return the formats of a report that are kept: all of one report, of others the text."""
    return FORMATS if name == "running_week" else ("md",)


def make_stored_reports() -> Iterator[tuple[Path, str]]:
    """Make all reports that are kept: each with the file that keeps it."""
    for name, (make, period) in REPORTS.items():
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder).resolve()
            for suffix, path in write(make(home), period).items():
                if suffix in list_stored(name):
                    yield GOLDEN / f"progress_{name}.{suffix}", read_report(path, home)


if __name__ == "__main__":
    for golden, text in make_stored_reports():
        golden.write_text(text)
