"""The data of a report on the processing stages of a kind: what ran, what waits, what failed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mediakeep.queue.history.stage_queries import StageTotals
from mediakeep.stages import StageTable
from mediakeep.views.stage_status import StageStatus, WaitingItem

_NO_RUNS = StageTotals("", 0, 0, 0, 0, None)


class StageRow(msgspec.Struct, frozen=True):
    """A stage: its items when the report is written, and its runs in the period.

    The numbers of items are None in a report on a past period.
    """

    stage: str
    items: int | None
    failed_items: int | None
    finished: int
    failed: int  # attempts
    parked: int
    skipped: int
    mean_seconds: float | None  # of the finished runs
    cpu_seconds: float | None  # of all runs, or None if unknown
    peak_memory: int | None  # bytes; the highest of one worker process in any run


class StageReport(msgspec.Struct, frozen=True):
    """The stages of a kind in their order, and the items that wait when the report is written."""

    rows: list[StageRow]
    parked: int
    parked_items: list[WaitingItem]  # those that are due first
    cleanup_due: int


def build_stage_report(
    table: StageTable, totals: Iterable[StageTotals], status: StageStatus | None
) -> StageReport:
    """Return the report on the stages of a table.

    `totals` are their runs in the period; `status` is the current state of the queue, None in a
    report on a past period.
    """
    runs = {line.stage: line for line in totals}
    rows = []
    for stage in table.stages:
        ran = runs.get(stage.name, _NO_RUNS)
        rows.append(
            StageRow(
                stage.name,
                status.by_stage.get(stage.name, 0) if status else None,
                sum(group.items for group in status.failures if group.stage == stage.name)
                if status
                else None,
                *(ran.finished, ran.failed, ran.parked, ran.skipped, ran.mean_seconds),
                *(ran.cpu_seconds, ran.peak_memory),
            )
        )
    if status is None:
        return StageReport(rows, 0, [], 0)
    return StageReport(rows, status.parked, status.parked_items, status.cleanup_due)
