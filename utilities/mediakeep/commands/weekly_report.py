"""Reports on what was done in a week or a day: how far it is, what to decide, what comes next."""

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

_READ_FIRST = ("html", "md", "csv", "json")  # which of several formats --open shows


def _period(text: str | None, days: int, desk: Desk) -> Period | None:
    """Read the name of a week or day; UsageFailed where it is none, or lies in the future."""
    if text is None:
        return None
    try:
        found = periods.named(text, desk.zone)
    except ValueError as error:
        why = str(error)
        raise UsageFailed(f"{why[0].upper()}{why[1:]}.") from error
    period = periods.of(found.start, days, desk.zone)
    if period.start > desk.now:
        raise UsageFailed(f"{period.name} has not begun yet.")
    return period


def _chosen(desk: Desk, given: dict[str, Any]) -> list[Period]:
    """Return the periods that are asked for; the week or day that runs, where none is named."""
    named = [given["week"], given["day"], given["everything"] or None]
    if sum(one is not None for one in named) > 1:
        raise UsageFailed("Give one of --week, --day and --all.")
    if given["daily"] and given["week"]:
        raise UsageFailed("--daily means nothing with --week; use --day.")
    days = DAY if given["daily"] or given["day"] else WEEK
    if given["everything"]:
        since = briefings.first(desk)
        return periods.of(since, days, desk.zone).until(desk.period(days)) if since else []
    one = _period(given["week"], WEEK, desk) or _period(given["day"], DAY, desk)
    return [one or desk.period(days)]


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        shared.as_json,
        click.option("--open", "opening", is_flag=True, help="Show the newest one when written."),
        click.option(
            "--format",
            "report_formats",
            type=Formats(),
            default=Settings().report_formats,
            show_default=True,
            envvar="MEDIAKEEP_REPORT_FORMATS",
            help="Of md, html, json, csv; commas between them.",
        ),
        click.option("--all", "everything", is_flag=True, help="All since the history begins."),
        click.option("--daily", is_flag=True, help="Reports on days instead of weeks."),
        click.option("--day", metavar="DAY", help="That day, as 2025-12-17."),
        click.option("--week", metavar="WEEK", help="That week, as 2025-W51, or any day in it."),
    ):
        function = option(function)
    return function


@shared.command()
@_options
def main(
    home: Path, as_json: bool, opening: bool, report_formats: tuple[str, ...], **given: Any
) -> int:
    """Write the report on a week, or on a day; without further words on the week that runs.

    Batches write them by themselves; this does it now, or anew for a time that is over.
    """
    desk = Desk(home, clock.now())
    told = [one for period in _chosen(desk, given) if (one := briefings.gather(desk, period))]
    told = [one for one in told if not given["everything"] or _worth(one)]
    if not told:
        raise _nothing(home)
    written = [path for one in told for path in filing.write(home, one, report_formats)]
    reports = [path for path in written if path.suffix != ".svg"]
    shared.show(_lines(told, reports), _data(told, written), as_json=as_json)
    if opening:
        _show(told[-1], home, report_formats)
    return 0


def _worth(told: Briefing) -> bool:
    """Tell whether anything happened in that time, or it is the one that runs."""
    return told.running or any(one.flow.sessions or one.flow.progress for one in told.kinds)


def _nothing(home: Path) -> Exception:
    """Say why there is no report: no queue of any kind, or no history of that time."""
    folders = [(subjects.folder(home, kind), kind) for kind in kinds.KINDS.values()]
    if not any(checkpoints.remains(folder) for folder, _ in folders):
        return reading.missing(*folders[0])
    return UsageFailed("Nothing is known of that time: no batch had run yet.")


def _lines(told: list[Briefing], reports: list[Path]) -> list[str]:
    lines = [f"Written: {files.display_path(path)}" for path in reports]
    newest = told[-1]
    heads = zip(newest.kinds, map(" ".join, newest.headlines), strict=True)
    several = len(newest.kinds) > 1
    return [*lines, *(f"{kind.kind}: {text}" if several else text for kind, text in heads)]


def _data(told: list[Briefing], written: list[Path]) -> dict[str, Any]:
    periods_ = [
        {"period": one.period.name, "headlines": [*map(" ".join, one.headlines)]} for one in told
    ]
    return {"written": [str(path) for path in written], "reports": periods_}


def _show(told: Briefing, home: Path, formats: tuple[str, ...]) -> None:
    suffix = next(one for one in _READ_FIRST if one in formats)
    path = filing.path(home, told.period, suffix)
    if click.launch(str(path)):
        raise UsageFailed(f"No program could be found to open {path}.")
