"""Reports on a week or a day: progress, open decisions, next steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mediakeep import clock, path_text
from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.app.subjects import registry
from mediakeep.commands import app
from mediakeep.commands.options.param_types import FormatListParam
from mediakeep.config import Settings
from mediakeep.errors import UsageError
from mediakeep.queue import checkpoints, readonly
from mediakeep.views import periods
from mediakeep.views.periods import DAY, WEEK, Period
from mediakeep.views.report import report_files
from mediakeep.views.report.progress_report import ProgressReport

_FORMATS_BY_PREFERENCE = ("html", "md", "csv", "json")  # the order in which --open chooses a format


def _parse_period(text: str | None, days: int, context: ReportContext) -> Period | None:
    """Parse the name of a week or day; raise UsageError if it is invalid or in the future."""
    if text is None:
        return None
    try:
        parsed = periods.parse_period(text, context.zone)
    except ValueError as error:
        why = str(error)
        raise UsageError(f"{why[0].upper()}{why[1:]}.") from error
    period = periods.period_at(parsed.start, days, context.zone)
    if period.start > context.now:
        raise UsageError(f"{period.name} is in the future.")
    return period


def _select_periods(context: ReportContext, options: dict[str, Any]) -> list[Period]:
    """Return the selected periods; by default the current week or day."""
    selections = [options["week"], options["day"], options["everything"] or None]
    if sum(period is not None for period in selections) > 1:
        raise UsageError("Give only one of --week, --day and --all.")
    if options["daily"] and options["week"]:
        raise UsageError("--daily has no effect with --week; use --day.")
    days = DAY if options["daily"] or options["day"] else WEEK
    if options["everything"]:
        since = period_report.first_activity(context)
        return (
            periods.period_at(since, days, context.zone).list_until(context.current_period(days))
            if since
            else []
        )
    period = _parse_period(options["week"], WEEK, context) or _parse_period(
        options["day"], DAY, context
    )
    return [period or context.current_period(days)]


def _with_report_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        app.with_quiet_option,
        app.with_json_option,
        click.option("--open", "opening", is_flag=True, help="Open the newest report."),
        click.option(
            "--format",
            "report_formats",
            type=FormatListParam(),
            default=Settings().report_formats,
            show_default=True,
            envvar="MEDIAKEEP_REPORT_FORMATS",
            help="Comma-separated formats: md, html, json, csv.",
        ),
        click.option(
            "--all", "everything", is_flag=True, help="All since the beginning of the history."
        ),
        click.option("--daily", is_flag=True, help="Reports on days instead of weeks."),
        click.option("--day", metavar="DAY", help="This day, as 2025-12-17."),
        click.option("--week", metavar="WEEK", help="This week, as 2025-W51, or any day in it."),
    ):
        function = option(function)
    return function


@app.create_command()
@_with_report_options
def main(
    home: Path, as_json: bool, opening: bool, report_formats: tuple[str, ...], **options: Any
) -> int:
    """Write the report on a week or a day; by default on the current week.

    Batches write reports automatically; this writes one now, or again for a past period.
    """
    context = ReportContext(home, clock.now(), damaged=app.damaged_queues())
    collected = [
        report
        for period in _select_periods(context, options)
        if (report := period_report.collect_report(context, period))
    ]
    collected = [
        report for report in collected if not options["everything"] or _is_worth_writing(report)
    ]
    if not collected:
        raise _no_report_error(context)
    written = [
        path
        for report in collected
        for path in report_files.write_report(home, report, report_formats)
    ]
    reports = [path for path in written if path.suffix != ".svg"]
    app.print_result(
        _format_reports(collected, reports), _reports_to_json(collected, written), as_json=as_json
    )
    if opening:
        _open_report(collected[-1], home, report_formats)
    return 0


def _is_worth_writing(report: ProgressReport) -> bool:
    """Return whether anything happened in the period, or it is the current one."""
    return report.running or any(part.flow.sessions or part.flow.progress for part in report.kinds)


def _no_report_error(context: ReportContext) -> Exception:
    """Return why there is no report: no queue, or no history of that time; raise StateDamaged."""
    registry.check_damaged([*context.damaged], context.damaged)
    queues = registry.list_queues(context.home, context.damaged).values()
    folders = [(registry.queue_folder(context.home, kind), kind) for kind in queues]
    if not any(checkpoints.has_queue_files(folder) for folder, _ in folders):
        return readonly.no_queue_error(*folders[0])
    return UsageError("No data for this period: no batch had run yet.")


def _format_reports(collected: list[ProgressReport], reports: list[Path]) -> list[str]:
    lines = [f"Written: {path_text.display_path(path)}" for path in reports]
    newest = collected[-1]
    heads = zip(newest.kinds, map(" ".join, newest.headlines), strict=True)
    several = len(newest.kinds) > 1
    return [*lines, *(f"{kind.kind}: {text}" if several else text for kind, text in heads)]


def _reports_to_json(collected: list[ProgressReport], written: list[Path]) -> dict[str, Any]:
    periods_ = [
        {"period": report.period.name, "headlines": [*map(" ".join, report.headlines)]}
        for report in collected
    ]
    return {"written": [str(path) for path in written], "reports": periods_}


def _open_report(report: ProgressReport, home: Path, formats: tuple[str, ...]) -> None:
    suffix = next(candidate for candidate in _FORMATS_BY_PREFERENCE if candidate in formats)
    path = report_files.report_path(home, report.period, suffix)
    if click.launch(str(path)):
        raise UsageError(f"No program found to open {path}.")
