"""Queries on the stages of items in the history index: times, failures and paths."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

_FINISHED = "outcome IN ('done', 'completed')"


class StageRun(msgspec.Struct, frozen=True):
    """A run of a stage of an item; the module `stage_rows` lists the outcomes.

    `seconds` is None if the time was not recorded, `attempts` is 0 if no attempts are counted.
    `cpu_seconds` are those of all its tasks, and `peak_memory` is the highest resident size of one
    worker process in bytes; both are None if unknown.
    """

    item: str
    stage: str
    time: str  # of its end
    outcome: str
    seconds: float | None
    attempts: int
    cpu_seconds: float | None
    peak_memory: int | None
    session: str
    facts: dict[str, Any]


class StageTotals(msgspec.Struct, frozen=True):
    """The runs of a stage in a period, by outcome.

    `mean_seconds` is the mean time of the finished runs, or None if there are none. `cpu_seconds`
    and `peak_memory` are the sum and the highest of all runs, or None if unknown.
    """

    stage: str
    finished: int
    failed: int
    parked: int
    skipped: int
    mean_seconds: float | None
    cpu_seconds: float | None = None
    peak_memory: int | None = None


def read_stage_runs(connection: sqlite3.Connection, item: str) -> list[StageRun]:
    """Return the runs of all stages of an item, oldest first."""
    query = (
        "SELECT item, stage, time, outcome, seconds, coalesce(attempts, 0), cpu_seconds,"
        " peak_memory, coalesce(session, ''), facts FROM stages WHERE item = ? ORDER BY seq"
    )
    rows = connection.execute(query, (item,)).fetchall()
    return [StageRun(*(*row[:-1], msgspec.json.decode(row[-1]))) for row in rows]


def read_completed_jobs(
    connection: sqlite3.Connection, since: str, until: str, most: int
) -> list[list[StageRun]]:
    """Return the runs of the jobs that were completed last in a period, at most `most` jobs.

    Each list ends with the last completion of an item in the period, and begins after the one
    before it, even if that was before the period. The period includes the time `since`, but not
    `until`.
    """
    query = (
        "SELECT item, max(time) FROM stages WHERE outcome = 'completed' AND time >= ? AND time < ?"
        " GROUP BY item ORDER BY max(seq) DESC LIMIT ?"
    )
    return [
        _cut_job(read_stage_runs(connection, item), time)
        for item, time in connection.execute(query, (since, until, most)).fetchall()
    ]


def _cut_job(runs: list[StageRun], completed: str) -> list[StageRun]:
    """Return the runs of the job that was completed at a time, of all runs of its item."""
    ends = [n for n, run in enumerate(runs) if run.outcome == "completed" and run.time <= completed]
    return runs[ends[-2] + 1 if len(ends) > 1 else 0 : ends[-1] + 1]


def read_stage_totals(connection: sqlite3.Connection, since: str, until: str) -> list[StageTotals]:
    """Return the totals of each stage that ran in a period, in the order of their first runs.

    The period includes the time `since`, but not `until`.
    """
    query = (
        f"SELECT stage, sum({_FINISHED}), sum(outcome = 'failed'), sum(outcome = 'parked'),"
        f" sum(outcome = 'skipped'), avg(CASE WHEN {_FINISHED} THEN seconds END),"
        " sum(cpu_seconds), max(peak_memory)"
        " FROM stages WHERE time >= ? AND time < ? GROUP BY stage ORDER BY min(seq)"
    )
    return [StageTotals(*row) for row in connection.execute(query, (since, until))]


def read_peak_memory(connection: sqlite3.Connection, since: str, until: str) -> int:
    """Return the highest peak memory of the runs in a period in bytes, 0 if unknown.

    The period includes the time `since`, but not `until`.
    """
    query = "SELECT coalesce(max(peak_memory), 0) FROM stages WHERE time >= ? AND time < ?"
    return int(connection.execute(query, (since, until)).fetchone()[0])


def read_recorded_paths(connection: sqlite3.Connection) -> list[str]:
    """Return the paths, escaped, in the facts of all runs: outputs, archives, working folders."""
    query = "SELECT DISTINCT value FROM stages, json_each(facts) WHERE key LIKE '%_path'"
    return [text for (text,) in connection.execute(query) if text]
