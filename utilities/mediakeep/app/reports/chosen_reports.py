"""The reports that a user chooses: on a week, on a day, or on all since the history began."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.app.subjects import registry
from mediakeep.errors import UsageError
from mediakeep.queue import checkpoints, readonly
from mediakeep.views import periods
from mediakeep.views.periods import DAY, WEEK, Period
from mediakeep.views.report import report_files
from mediakeep.views.report.progress_report import ProgressReport

_FORMATS_BY_PREFERENCE = ("html", "md", "csv", "json")  # the order in which one is opened


class PeriodChoice(msgspec.Struct, frozen=True):
    """A week or a day by name, or all; by default the current week, or with `daily` day."""

    week: str | None = None
    day: str | None = None
    everything: bool = False
    daily: bool = False


def collect_reports(context: ReportContext, choice: PeriodChoice) -> list[ProgressReport]:
    """Return the chosen reports, oldest first; of all periods those in which something happened.

    Raise UsageError if the choice is contradictory, or if there is nothing to report.
    """
    found = (period_report.collect_report(context, it) for it in _select_periods(context, choice))
    reports = [
        report
        for report in found
        if report and (not choice.everything or _is_worth_writing(report))
    ]
    if not reports:
        raise _build_error(context)
    return reports


def _select_periods(context: ReportContext, choice: PeriodChoice) -> Sequence[Period]:
    if (choice.week, choice.day, choice.everything or None).count(None) < 2:
        raise UsageError("Give only one of --week, --day and --all.")
    if choice.daily and choice.week:
        raise UsageError("--daily has no effect with --week; use --day.")
    days = DAY if choice.daily or choice.day else WEEK
    if choice.everything:
        since, current = period_report.first_activity(context), context.current_period(days)
        return periods.period_at(since, days, context.zone).list_until(current) if since else []
    name = choice.day if choice.week is None else choice.week
    return [context.current_period(days) if name is None else _parse_period(name, days, context)]


def _parse_period(text: str, days: int, context: ReportContext) -> Period:
    try:
        parsed = periods.parse_period(text, context.zone)
    except ValueError as error:
        why = str(error)
        raise UsageError(f"{why[0].upper()}{why[1:]}.") from error
    period = periods.period_at(parsed.start, days, context.zone)
    if period.start > context.now:
        raise UsageError(f"{period.name} is in the future.")
    return period


def _is_worth_writing(report: ProgressReport) -> bool:
    """Return whether anything happened in the period, or it is the current one."""
    return report.running or any(part.flow.sessions or part.flow.progress for part in report.kinds)


def _build_error(context: ReportContext) -> Exception:
    """Return why there is no report: no queue, or no history of that time; raise StateDamaged."""
    registry.check_damaged([*context.damaged], context.damaged)
    queues = registry.list_queues(context.home, context.damaged).values()
    folders = [(registry.queue_folder(context.home, kind), kind) for kind in queues]
    if not any(checkpoints.has_queue_files(folder) for folder, _ in folders):
        return readonly.no_queue_error(*folders[0])
    return UsageError("No data for this period: no batch had run yet.")


def write_reports(
    home: Path, reports: Sequence[ProgressReport], formats: Sequence[str]
) -> CommandResult:
    """Write reports, and return what was written, with the headlines of the last one."""
    written = [
        path for report in reports for path in report_files.write_report(home, report, formats)
    ]
    files = [path_text.display_path(path) for path in written if path.suffix != ".svg"]
    newest = reports[-1]
    heads = zip(newest.kinds, map(" ".join, newest.headlines), strict=True)
    several = len(newest.kinds) > 1
    lines = [f"{kind.kind}: {text}" if several else text for kind, text in heads]
    data: dict[str, Any] = {
        "written": [str(path) for path in written],
        "reports": [
            {"period": report.period.name, "headlines": [*map(" ".join, report.headlines)]}
            for report in reports
        ],
    }
    return CommandResult([*(f"Written: {file}" for file in files), *lines], data)


def choose_file_to_open(home: Path, report: ProgressReport, formats: Sequence[str]) -> Path:
    """Return the file of a report that a user reads best."""
    suffix = next(candidate for candidate in _FORMATS_BY_PREFERENCE if candidate in formats)
    return report_files.report_path(home, report.period, suffix)
