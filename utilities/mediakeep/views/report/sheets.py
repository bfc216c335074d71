"""A report for programs and spreadsheets: the same facts as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from mediakeep import files
from mediakeep.pages import cells
from mediakeep.views.flows import Flow, Span
from mediakeep.views.report.briefing import Briefing
from mediakeep.views.report.progress import Progress

FORMAT = 1
COLUMNS = ("period", "kind", "section", "name", "measure", "value")


def to_json(told: Briefing) -> str:
    """Write a report as JSON; docs/weekly-report.md describes it."""
    content = {
        "format": FORMAT,
        "period": told.period.name,
        "first": told.period.first,
        "last": told.period.last,
        "running": told.running,
        "written": told.written,
        "headlines": [" ".join(sentences) for sentences in told.headlines],
        "invested": told.invested,
        "invested_ever": told.invested_ever,
        "kinds": [_kind(one) for one in told.kinds],
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"


def _kind(told: Progress) -> dict[str, Any]:
    fields = {name: getattr(told, name) for name in told.__struct_fields__}
    spans = {name: _spans(getattr(told, name)) for name in ("weeks", "days")}
    flows = {"flow": _flow(told.flow), "before": _flow(told.before) if told.before else None}
    return {**fields, **spans, **flows, "worse": [one.kind for one in told.worse]}


def _spans(spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [
        {"period": span.period.name, "first": span.period.first}
        | {"flow": _flow(span.flow), "level": span.level}
        for span in spans
    ]


def _flow(flow: Flow) -> dict[str, Any]:
    return {**msgspec.to_builtins(flow), "found": flow.found, "resolved": flow.resolved}


def to_csv(told: Briefing) -> str:
    """Write a report as CSV, one number or text a row; no cell is a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for kind in told.kinds:
        for row in _rows(kind):
            writer.writerow(_safe(cell) for cell in (told.period.name, kind.kind, *row))
    return stream.getvalue()


def _rows(told: Progress) -> Iterator[tuple[str, str, str, Any]]:
    for name in ("completed", "total", "share", "gained", "open"):
        yield "progress", "", name, getattr(told, name)
    for row in told.rows:
        yield "numbers", row.name, "now", row.now
        yield "numbers", row.name, "before", row.before
    for issue in told.issues:
        for name in ("new", "regressed", "closed", "repaired", "open", "more"):
            yield "issues", issue.kind, name, getattr(issue, name)
    for gain in told.gains:
        yield "gains", gain.item, "repaired", gain.fixed
        yield "gains", gain.item, "closed", gain.closed
    if told.present:
        yield from _present(told)
    for week in told.weeks:
        yield "weeks", week.period.name, "completed", week.level.completed
        yield "weeks", week.period.name, "open", sum(week.level.open.values())


def _present(told: Progress) -> Iterator[tuple[str, str, str, Any]]:
    assert told.present is not None
    for failing in told.present.failing:
        for item in failing.items:
            yield "failing", item, "error", failing.error
    if decisions := told.present.decisions:
        for one in decisions.oldest:
            yield "decisions", one.item, "id", one.entry.id
            yield "decisions", one.item, "command", one.entry.command
    for gone in told.present.gone:
        yield "gone", gone.item, "reason", gone.reason
    rest = told.present.rest
    for name, number in rest.tallies.items():
        yield "tallies", "", name, number
    yield "rest", "", "items", rest.items
    yield "rest", "", "seconds", rest.seconds
    if rest.estimate:
        yield "rest", "", "date", rest.estimate.date


def _safe(cell: Any) -> Any:
    """Write a text so that a spreadsheet shows it, and calculates nothing; None is empty."""
    if not isinstance(cell, str):
        return "" if cell is None else round(cell, 3)
    return cells.plain(files.printable(cell))
