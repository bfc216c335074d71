"""Write a progress report as JSON and as CSV, with the same data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET

from mediakeep import path_text
from mediakeep.pages import csv_cell
from mediakeep.views.period_stats import PeriodTotals
from mediakeep.views.report.kind_progress import KindProgress
from mediakeep.views.report.progress_report import ProgressReport

FORMAT = 1
COLUMNS = ("period", "kind", "section", "name", "measure", "value")


def to_json(report: ProgressReport) -> str:
    """Return a report as JSON text; docs/weekly-report.md describes it."""
    content = {
        "format": FORMAT,
        "period": report.period.name,
        "first": report.period.first,
        "last": report.period.last,
        "running": report.running,
        "written": report.written,
        "headlines": [" ".join(sentences) for sentences in report.headlines],
        "invested": report.invested,
        "invested_ever": report.invested_ever,
        "kinds": [_kind_to_json(progress) for progress in report.kinds],
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"


def _kind_to_json(progress: KindProgress) -> dict[str, Any]:
    fields = {
        name: value
        for name in progress.__struct_fields__
        if (value := getattr(progress, name)) is not UNSET
    }
    spans = {
        name: [
            {"period": span.period.name, "first": span.period.first}
            | {"flow": _totals_to_json(span.flow), "level": span.level}
            for span in getattr(progress, name)
        ]
        for name in ("weeks", "days")
    }
    flows = {
        "flow": _totals_to_json(progress.flow),
        "before": _totals_to_json(progress.before) if progress.before else None,
    }
    return {**fields, **spans, **flows, "worse": [issue.kind for issue in progress.worse]}


def _totals_to_json(totals: PeriodTotals) -> dict[str, Any]:
    return {**msgspec.to_builtins(totals), "found": totals.found, "resolved": totals.resolved}


def to_csv(report: ProgressReport) -> str:
    """Return a report as CSV text, one number per row.

    Spreadsheets do not take any cell as a formula.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for kind in report.kinds:
        for row in _iter_rows(kind):
            writer.writerow(_csv_cell(cell) for cell in (report.period.name, kind.kind, *row))
    return stream.getvalue()


def _iter_rows(progress: KindProgress) -> Iterator[tuple[str, str, str, Any]]:
    for name in ("completed", "total", "share", "gained", "open"):
        yield "progress", "", name, getattr(progress, name)
    for row in progress.rows:
        yield "numbers", row.name, "now", row.now
        yield "numbers", row.name, "before", row.before
    for issue in progress.issues:
        for name in ("new", "regressed", "closed", "repaired", "open", "more"):
            yield "issues", issue.kind, name, getattr(issue, name)
    for item_gain in progress.gains:
        yield "gains", item_gain.item, "repaired", item_gain.fixed
        yield "gains", item_gain.item, "closed", item_gain.closed
    if progress.stages is not UNSET:
        for stage in progress.stages.rows:
            for name in stage.__struct_fields__[1:]:
                yield "stages", stage.stage, name, getattr(stage, name)
        for job in progress.jobs or ():
            for number in job.numbers:
                yield "jobs", job.name, number.label, number.value
        for wait in progress.stages.parked_items:
            yield "waiting", wait.item, "until", wait.until
            yield "waiting", wait.item, "why", wait.why
    if progress.present:
        yield from _iter_state_rows(progress)
    for week in progress.weeks:
        yield "weeks", week.period.name, "completed", week.level.completed
        yield "weeks", week.period.name, "open", sum(week.level.open.values())


def _iter_state_rows(progress: KindProgress) -> Iterator[tuple[str, str, str, Any]]:
    assert progress.present is not None
    for failing in progress.present.failing:
        for item in failing.items:
            yield "failing", item, "error", failing.error
    if decisions := progress.present.decisions:
        for decision in decisions.oldest:
            yield "decisions", decision.item, "id", decision.entry.id
            yield "decisions", decision.item, "command", decision.entry.command
    for gone in progress.present.gone:
        yield "gone", gone.item, "reason", gone.reason
    rest = progress.present.rest
    for name, number in rest.tallies.items():
        yield "tallies", "", name, number
    yield "rest", "", "items", rest.items
    yield "rest", "", "seconds", rest.seconds
    if rest.estimate:
        yield "rest", "", "date", rest.estimate.date


def _csv_cell(cell: Any) -> Any:
    """Return a value as a cell that spreadsheets show but do not calculate; None becomes empty."""
    if not isinstance(cell, str):
        return "" if cell is None else round(cell, 3)
    return csv_cell.escape_formula(path_text.to_printable(cell))
