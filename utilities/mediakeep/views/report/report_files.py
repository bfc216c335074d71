"""Report files: their paths, which of them are due, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from mediakeep import atomic_files, size_text
from mediakeep.pages import render
from mediakeep.untrusted_files import read_json
from mediakeep.views import job_numbers, periods, terminal, wait_text
from mediakeep.views.periods import DAY, Period
from mediakeep.views.report import headline, json_csv, report_charts
from mediakeep.views.report.progress_report import ProgressReport

FOLDER = "status/reports"
WRITTEN_FILE = f"{FOLDER}/written.json"  # when each report was written
TEMPLATES = "status/templates"  # the user's templates, which replace the built-in ones
MAX_AGE = timedelta(days=1)  # age at which the current report on large queues is rewritten

_PERIOD_NAMES = {DAY: "daily"}


def report_path(home: Path, period: Period, suffix: str) -> Path:
    """Return the path of a report file.

    The name contains the first day: 2025-12-15_weekly_progress.md is the week of that Monday.
    """
    return home / FOLDER / f"{_file_stem(period)}.{suffix}"


def _file_stem(period: Period) -> str:
    return f"{period.first}_{_PERIOD_NAMES.get(period.days, 'weekly')}_progress"


def list_due_periods(
    home: Path, running: Period, first: Period, now: datetime, max_age: timedelta = MAX_AGE
) -> list[Period]:
    """List the periods whose report must be written now, oldest first.

    The `running` period is due if its report is as old as `max_age`. The one before is due if it
    has no report since it ended. Older ones are due if they have a report, but none since they
    ended. `first` is the first period of the history.
    """
    written = _read_written_times(home)
    earlier = [
        (period, written.get(_file_stem(period))) for period in first.list_until(running)[:-1]
    ]
    due_periods = [period for period, time in earlier[:-1] if time and time < period.end]
    due_periods += [period for period, time in earlier[-1:] if time is None or time < period.end]
    last = written.get(_file_stem(running))
    fresh = last is not None and running.start <= last <= now < last + max_age
    return due_periods if fresh else [*due_periods, running]


def _read_written_times(home: Path) -> dict[str, datetime]:
    """Return when the report of each period was written, by file name.

    If that was not noted, use the file's modification time.
    """
    times: dict[str, datetime] = {}
    for path in (home / FOLDER).glob("*_progress.*"):
        time = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        stem = path.name.partition(".")[0]
        times[stem] = max(time, times.get(stem, time))
    noted = _read_notes(home)
    return {stem: noted.get(stem, time) for stem, time in times.items()}


def _read_notes(home: Path) -> dict[str, datetime]:
    return read_json(home / WRITTEN_FILE, dict[str, datetime]) or {}


def write_report(
    home: Path, report: ProgressReport, formats: Iterable[str], *, own: bool = True
) -> list[Path]:
    """Write a report in some formats with its charts, and return the paths, reports first.

    If `own`, use the user's templates in the home folder where they exist. If one of them is
    invalid, raise BadTemplate and write nothing.
    """
    svgs = {kind.kind: report_charts.draw_charts(kind) for kind in report.kinds}
    stem = _file_stem(report.period)
    chart_files = {
        (kind, name): f"{stem}_{kind.replace('/', '_')}_{name}.svg"
        for kind, charts in svgs.items()
        for name in charts
    }
    contents: dict[Path, bytes] = {}
    for suffix in formats:
        facts: dict[str, object] = {"pictures": svgs if suffix == "html" else chart_files}
        text = _render(home if own else None, report, suffix, facts)
        contents[report_path(home, report.period, suffix)] = text.encode()
    if "md" in formats:
        for (kind, name), file in chart_files.items():
            contents[home / FOLDER / file] = svgs[kind][name].encode()
    atomic_files.write_atomic_group(contents)
    _note_written(home, report)
    return list(contents)


def _note_written(home: Path, report: ProgressReport) -> None:
    """Note when a report was written, since a copied file has another modification time."""
    noted = {**_read_notes(home), _file_stem(report.period): datetime.fromisoformat(report.written)}
    text = msgspec.json.format(msgspec.json.encode(dict(sorted(noted.items()))), indent=2)
    atomic_files.write_atomic(home / WRITTEN_FILE, text + b"\n")


def _render(
    home: Path | None, report: ProgressReport, suffix: str, facts: dict[str, object]
) -> str:
    if suffix == "json":
        return json_csv.to_json(report)
    if suffix == "csv":
        return json_csv.to_csv(report)
    functions: dict[str, object] = {
        "worse": headline.format_worse_kinds,
        "amount": headline.format_amount,
        "trend": headline.draw_trend,
        "gained": headline.format_item_gain,
        "duration": terminal.format_duration,
        "size": size_text.format_size,
        "number": job_numbers.format_number,
        "when": partial(periods.format_time, zone=report.period.zone),
        "wait": partial(
            wait_text.format_wait,
            now=datetime.fromisoformat(report.written),
            zone=report.period.zone,
        ),
    }
    folder = home / TEMPLATES if home else None
    return render.render_user_template(
        folder, f"progress.{suffix}.j2", told=report, **facts, **functions
    )
