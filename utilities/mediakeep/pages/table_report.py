"""Reports with a few numbers and one table, as HTML, JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from mediakeep.pages import csv_cell, render

ReportFormat = Literal["html", "json", "csv"]


class TableReport(msgspec.Struct, frozen=True):
    """A report: its title, a sentence, numbers by name, and the rows of its table.

    `data` is the whole content of its JSON.
    """

    title: str
    sentence: str
    numbers: Mapping[str, int]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    data: Any


def encode(report: TableReport, form: ReportFormat) -> bytes:
    """Return a report in one of its formats; the CSV has the table only."""
    if form == "html":
        return render_html(report).encode()
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(report.data)) + b"\n"
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(report.columns)
    writer.writerows(map(csv_cell.escape_formula, row) for row in report.rows)
    return stream.getvalue().encode()


def render_html(report: TableReport) -> str:
    """Return a report as an HTML page, which loads nothing."""
    return render.render_template("table_report.html.j2", report=report)
