"""Report files: their paths, which of them are due, and how they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from mediakeep import atomic_files, command_text, kinds, size_text
from mediakeep.counts import rank_counts
from mediakeep.pages import charts, render
from mediakeep.pages.charts import Chart, Goal, Series
from mediakeep.untrusted_files import read_json
from mediakeep.views import job_numbers, periods, terminal, wait_text
from mediakeep.views.period_stats import PeriodStats
from mediakeep.views.periods import DAY, Period
from mediakeep.views.report import headline, json_csv
from mediakeep.views.report.kind_progress import KindProgress
from mediakeep.views.report.progress_report import ProgressReport

FOLDER = "status/reports"
WRITTEN_FILE = f"{FOLDER}/written.json"  # when each report was written
TEMPLATES = "status/templates"  # the user's templates, which replace the built-in ones
MAX_AGE = timedelta(days=1)  # age at which the current report on large queues is rewritten

_PERIOD_NAMES = {DAY: "daily"}
MAX_KINDS = 5  # issue kinds with their own colour
MAX_DAYS = 92  # days drawn daily; a longer time is drawn weekly


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
    svgs = {kind.kind: draw_charts(kind) for kind in report.kinds}
    stem = _file_stem(report.period)
    chart_files = {
        (kind, name): f"{stem}_{kind.replace('/', '_')}_{name}.svg"
        for kind, charts in svgs.items()
        for name in charts
    }
    contents: dict[Path, bytes] = {}
    for suffix in formats:
        facts: dict[str, object] = {
            "pictures": svgs if suffix == "html" else chart_files,
            "undo": partial(command_text.format_command, "undo_changes.py", home),
            "review": command_text.format_command("review.py", home),
            "scan": lambda kind: command_text.format_command(
                kinds.get_kind(kind).manager_script, home, "--scan"
            ),
        }
        text = _render(home if own else None, report, suffix, facts)
        contents[report_path(home, report.period, suffix)] = text.encode()
    if "md" in formats:
        for (kind, name), file in chart_files.items():
            contents[home / FOLDER / file] = svgs[kind][name].encode()
    if contents:
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
        "amount": lambda row, number: job_numbers.format_number(number, row.unit),
        "trend": terminal.draw_sparkline,
        "gained": headline.format_item_gain,
        "repairs": headline.format_repairs,
        "urgent": headline.format_urgent,
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


def draw_charts(progress: KindProgress) -> dict[str, str]:
    """Return the charts of a kind of media as SVG by name; charts without data are left out."""
    charts_by_name = {
        "completed": _draw_completed(progress),
        "issues": _draw_open_issues(progress),
        "days": _draw_days(progress),
    }
    return {name: svg for name, svg in charts_by_name.items() if svg}


def _draw_completed(progress: KindProgress) -> str:
    """Draw the completed items since the first day, with the total as the goal."""
    points = _completed_points(progress.steps, progress.days)
    if len(points) < 2:
        return ""
    goal = Goal(f"all {progress.plural}", progress.total) if progress.total else None
    return charts.line_chart(
        Chart(
            title=f"{progress.plural.capitalize()} completed",
            unit=progress.plural,
            labels=tuple(f"{day.day}" for day, _ in points),
            groups=tuple(
                f"{periods.format_date(day).split()[1][:3]} {day.year}" for day, _ in points
            ),
            series=(Series("completed", tuple(count for _, count in points)),),
            goal=goal,
        )
    )


def _completed_points(
    steps: Sequence[tuple[str, int]], days: Sequence[PeriodStats]
) -> list[tuple[date, int]]:
    """Return the number of completed items at the end of each day, or of every seventh day."""
    if not steps or not days:
        return []
    counts = {date.fromisoformat(day): count for day, count in steps}
    first, last = min(counts), days[-1].period.first
    points, count = [], 0
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        count = counts.get(day, count)
        points.append((day, count))
    return points if len(points) <= MAX_DAYS else points[::-7][::-1]


def _draw_open_issues(progress: KindProgress) -> str:
    """Draw the open issues at the end of each week, by kind."""
    total: Counter[str] = Counter()
    for week in progress.weeks:
        total.update(week.level.open)
    if not total:
        return ""
    first = list(rank_counts(total))
    chosen = first[:MAX_KINDS] if len(first) > MAX_KINDS + 1 else first
    series = [Series(kind, _open_per_week(progress.weeks, [kind])) for kind in chosen]
    if rest := first[len(chosen) :]:
        series.append(Series(f"{len(rest)} other kinds", _open_per_week(progress.weeks, rest)))
    return charts.stacked_bar_chart(
        Chart(
            title="Open issues at the end of each week",
            unit="issues",
            labels=tuple(week.period.name[5:] for week in progress.weeks),
            groups=tuple(week.period.name[:4] for week in progress.weeks),
            series=tuple(series),
        )
    )


def _open_per_week(weeks: Sequence[PeriodStats], kinds: Sequence[str]) -> tuple[float, ...]:
    return tuple(sum(week.level.open.get(kind, 0) for kind in kinds) for week in weeks)


def _draw_days(progress: KindProgress) -> str:
    """Draw the number of items completed on each of the last days."""
    if not any(day.flow.completed for day in progress.days):
        return ""
    return charts.bar_chart(
        Chart(
            title=f"{progress.plural.capitalize()} completed each day",
            unit=progress.plural,
            labels=tuple(periods.format_short_date(day.period.first) for day in progress.days),
            series=(Series("completed", tuple(day.flow.completed for day in progress.days)),),
        )
    )
