"""Reports on a week or a day: progress, open decisions, next steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep import clock
from mediakeep.app.console import CommandResult
from mediakeep.app.reports import chosen_reports
from mediakeep.app.reports.chosen_reports import PeriodChoice
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.commands import app
from mediakeep.commands.display.open_path import open_path
from mediakeep.commands.options.param_types import FormatListParam
from mediakeep.config import Settings
from mediakeep.errors import UsageError


@app.create_command()
@click.option("--week", metavar="WEEK", help="This week, as 2025-W51, or any day in it.")
@click.option("--day", metavar="DAY", help="This day, as 2025-12-17.")
@click.option("--daily", is_flag=True, help="Reports on days instead of weeks.")
@click.option("--all", "everything", is_flag=True, help="All since the beginning of the history.")
@click.option(
    "--format",
    "report_formats",
    type=FormatListParam(),
    default=Settings().report_formats,
    show_default=True,
    envvar="MEDIAKEEP_REPORT_FORMATS",
    help="Comma-separated formats: md, html, json, csv.",
)
@click.option("--open", "opening", is_flag=True, help="Open the newest report.")
@app.with_dry_run_option("Print the headlines; write nothing.")
@app.with_json_option
def main(
    home: Path, opening: bool, dry_run: bool, report_formats: tuple[str, ...], **options: Any
) -> int | CommandResult:
    """Write the report on a week or a day; by default on the current week.

    Batches write reports automatically; this writes one now, or again for a past period.
    """
    if opening and dry_run:
        raise UsageError("--open has no effect with --dry-run, which writes no report.")
    context = ReportContext(home, clock.now(), damaged=app.damaged_queues())
    reports = chosen_reports.collect_reports(context, PeriodChoice(**options))
    result = chosen_reports.write_reports(home, reports, () if dry_run else report_formats)
    if not opening:
        return app.mark_dry_run(result, dry_run=dry_run)
    app.print_result(result.lines, result.data, as_json=app.is_json())
    path = chosen_reports.choose_file_to_open(home, reports[-1], report_formats)
    if not open_path(path):
        raise UsageError(f"No program found to open {path}.")
    return 0
