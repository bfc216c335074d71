"""Reports on a week or a day: progress, open decisions, next steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mediakeep import clock, files, kinds
from mediakeep.commands import briefings, shared, subjects
from mediakeep.commands.briefings import Desk
from mediakeep.commands.formats import Formats
from mediakeep.config import Settings
from mediakeep.errors import UsageFailed
from mediakeep.queue import checkpoints, reading
from mediakeep.views import periods
from mediakeep.views.periods import DAY, WEEK, Period
from mediakeep.views.report import filing
from mediakeep.views.report.briefing import Briefing

_READ_FIRST = ("html", "md", "csv", "json")  # the order in which --open chooses a format


def _period(text: str | None, days: int, context: Desk) -> Period | None:
    """Parse the name of a week or day; raise UsageError if it is invalid or in the future."""
    if text is None:
        return None
    try:
        parsed = periods.named(text, context.zone)
    except ValueError as error:
        why = str(error)
        raise UsageFailed(f"{why[0].upper()}{why[1:]}.") from error
    period = periods.of(parsed.start, days, context.zone)
    if period.start > context.now:
        raise UsageFailed(f"{period.name} is in the future.")
    return period


def _chosen(context: Desk, options: dict[str, Any]) -> list[Period]:
    """Return the selected periods; by default the current week or day."""
    selections = [options["week"], options["day"], options["everything"] or None]
    if sum(period is not None for period in selections) > 1:
        raise UsageFailed("Give only one of --week, --day and --all.")
    if options["daily"] and options["week"]:
        raise UsageFailed("--daily has no effect with --week; use --day.")
    days = DAY if options["daily"] or options["day"] else WEEK
    if options["everything"]:
        since = briefings.first(context)
        return periods.of(since, days, context.zone).until(context.period(days)) if since else []
    period = _period(options["week"], WEEK, context) or _period(options["day"], DAY, context)
    return [period or context.period(days)]


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        shared.as_json,
        click.option("--open", "opening", is_flag=True, help="Open the newest report."),
        click.option(
            "--format",
            "report_formats",
            type=Formats(),
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


@shared.command()
@_options
def main(
    home: Path, as_json: bool, opening: bool, report_formats: tuple[str, ...], **options: Any
) -> int:
    """Write the report on a week or a day; by default on the current week.

    Batches write reports automatically; this writes one now, or again for a past period.
    """
    context = Desk(home, clock.now())
    collected = [
        report
        for period in _chosen(context, options)
        if (report := briefings.gather(context, period))
    ]
    collected = [report for report in collected if not options["everything"] or _worth(report)]
    if not collected:
        raise _nothing(home)
    written = [path for report in collected for path in filing.write(home, report, report_formats)]
    reports = [path for path in written if path.suffix != ".svg"]
    shared.show(_lines(collected, reports), _data(collected, written), as_json=as_json)
    if opening:
        _show(collected[-1], home, report_formats)
    return 0


def _worth(report: Briefing) -> bool:
    """Return whether anything happened in the period, or it is the current one."""
    return report.running or any(part.flow.sessions or part.flow.progress for part in report.kinds)


def _nothing(home: Path) -> Exception:
    """Return why there is no report: no queue, or no history of that time."""
    folders = [(subjects.folder(home, kind), kind) for kind in kinds.KINDS.values()]
    if not any(checkpoints.remains(folder) for folder, _ in folders):
        return reading.missing(*folders[0])
    return UsageFailed("No data for this period: no batch had run yet.")


def _lines(collected: list[Briefing], reports: list[Path]) -> list[str]:
    lines = [f"Written: {files.display_path(path)}" for path in reports]
    newest = collected[-1]
    heads = zip(newest.kinds, map(" ".join, newest.headlines), strict=True)
    several = len(newest.kinds) > 1
    return [*lines, *(f"{kind.kind}: {text}" if several else text for kind, text in heads)]


def _data(collected: list[Briefing], written: list[Path]) -> dict[str, Any]:
    periods_ = [
        {"period": report.period.name, "headlines": [*map(" ".join, report.headlines)]}
        for report in collected
    ]
    return {"written": [str(path) for path in written], "reports": periods_}


def _show(report: Briefing, home: Path, formats: tuple[str, ...]) -> None:
    suffix = next(candidate for candidate in _READ_FIRST if candidate in formats)
    path = filing.path(home, report.period, suffix)
    if click.launch(str(path)):
        raise UsageFailed(f"No program found to open {path}.")
