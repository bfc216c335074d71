"""The SQL views that a kind declares on its history index, for other programs.

    SELECT album, stage, seconds FROM processing_history WHERE outcome = 'failed'

A view of the source "stages" has one row for each run of a stage. Its columns show the columns of
the table `stages`, `processing_stage` (the stage, or its failure code if the run failed), or the
facts of the run.

A view of the source "items" has one row for each item. Its columns show the columns of the item's
last run, `processing_stage`, one of `first_time`, `total_seconds`, `total_cpu_seconds` and
`max_peak_memory` over all of its runs, or a fact: that of the last run that has it.
"""

from __future__ import annotations

import sqlite3

from mediakeep.kinds import HistoryView, Kind
from mediakeep.queue.history import stage_rows
from mediakeep.stages import StageTable

_ITEM_COLUMNS = {
    "first_time": "min(time)",
    "total_seconds": "sum(seconds)",
    "total_cpu_seconds": "sum(cpu_seconds)",
    "max_peak_memory": "max(peak_memory)",
}


def are_views_current(connection: sqlite3.Connection, kind: Kind) -> bool:
    """Return whether the views of an index are those that the kind declares."""
    return _read_views(connection) == build_statements(kind)


def recreate_views(connection: sqlite3.Connection, kind: Kind) -> None:
    """Replace the views of an index by those that the kind declares, if they differ."""
    if are_views_current(connection, kind):
        return
    for name in _read_views(connection):
        connection.execute(f'DROP VIEW "{name}"')
    for statement in build_statements(kind).values():
        connection.execute(statement)


def _read_views(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the views of an index: name -> the statement that created it."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'view'"
    return dict(connection.execute(query).fetchall())


def build_statements(kind: Kind) -> dict[str, str]:
    """Return the statement that creates each view of a kind, by the name of the view."""
    return {view.name: _build_statement(view, kind.stages) for view in kind.history_views}


def _build_statement(view: HistoryView, table: StageTable) -> str:
    _check_names(view)
    expression = _stage_expression if view.source == "stages" else _item_expression
    columns = ", ".join(
        f'{expression(field, table)} AS "{column}"' for column, field in view.columns.items()
    )
    source = "stages AS last"
    if view.source == "items":
        sums = ", ".join(f"{sql} AS {name}" for name, sql in _ITEM_COLUMNS.items())
        groups = f"SELECT max(seq) AS last_seq, {sums} FROM stages GROUP BY item"
        source = f"({groups}) JOIN stages AS last ON last.seq = last_seq"
    return f'CREATE VIEW "{view.name}" AS SELECT {columns} FROM {source} ORDER BY last.seq'


def _check_names(view: HistoryView) -> None:
    """Check that the names of a view are identifiers; raise ValueError if one is not."""
    if not view.columns:
        raise ValueError(f"View {view.name!r} has no columns.")
    for name in (view.name, *view.columns, *view.columns.values()):
        if not (name.isidentifier() and name.isascii()):
            raise ValueError(f"View {view.name!r}: {name!r} is not an identifier.")


def _stage_expression(field: str, table: StageTable) -> str:
    """Return the SQL expression of a field of one run."""
    if field in stage_rows.COLUMNS:
        return f"last.{field}"
    if field == "processing_stage":
        return _code_expression(table)
    return f"json_extract(last.facts, '$.{field}')"


def _item_expression(field: str, table: StageTable) -> str:
    """Return the SQL expression of a field of an item."""
    if field in _ITEM_COLUMNS:
        return field
    if field in stage_rows.COLUMNS or field == "processing_stage":
        return _stage_expression(field, table)
    fact = f"json_extract(run.facts, '$.{field}')"
    return (
        f"(SELECT {fact} FROM stages AS run WHERE run.item = last.item AND {fact} IS NOT NULL"
        " ORDER BY run.seq DESC LIMIT 1)"
    )


def _code_expression(table: StageTable) -> str:
    """Return the SQL expression of the failure code of a failed run, or of the stage's name."""
    cases = "".join(
        f" WHEN last.outcome = 'failed' AND last.stage = {_quote(stage.name)}"
        f" THEN {_quote(stage.failure_code)}"
        for stage in table.stages
        if stage.failure_code
    )
    completed = f" WHEN last.outcome = 'completed' THEN {_quote(table.completed)}"
    cases += completed if table.completed else ""
    return f"CASE{cases} ELSE last.stage END" if cases else "last.stage"


def _quote(text: str) -> str:
    """Return a text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
