"""Rows of the history index on stages: one for each run of a stage of an item.

A run ends with one of these outcomes:

    done       the item went on to its next stage
    failed     the attempt failed
    parked     the item waits until a time, and runs the same stage again
    skipped    the item was skipped in this stage
    completed  it was the last stage of the item
"""

from __future__ import annotations

from typing import Any

import msgspec

TABLE = """
CREATE TABLE stages(
  seq INTEGER PRIMARY KEY, time TEXT NOT NULL, session TEXT, item TEXT NOT NULL,
  stage TEXT NOT NULL, outcome TEXT NOT NULL, seconds REAL, attempts INTEGER,
  cpu_seconds REAL, peak_memory INTEGER, facts TEXT NOT NULL);
CREATE INDEX stages_item ON stages(item, seq);
CREATE INDEX stages_time ON stages(time, peak_memory);
"""
COLUMNS = (
    *("seq", "time", "session", "item", "stage", "outcome", "seconds", "attempts"),
    *("cpu_seconds", "peak_memory"),
)
INSERT = f"INSERT OR IGNORE INTO stages VALUES({', '.join('?' * (len(COLUMNS) + 1))})"
STAGE_OPS = frozenset({"stage", "park"})
# Fields of an event that are no facts of the stage: columns, and what other tables contain.
_NO_FACTS = frozenset({*COLUMNS, "op", "state", "stage_seconds", "open_ids", "by_hand"})
_OUTCOMES_BY_STATE = {"completed": "completed", "error": "failed", "skipped": "skipped"}


def build_stage_row(event: dict[str, Any]) -> tuple[Any, ...] | None:
    """Return the row of a history event, or None if the event does not end the run of a stage."""
    item, stage, outcome = event.get("item"), event.get("stage"), _get_outcome(event)
    if not (outcome and isinstance(item, str) and isinstance(stage, str) and stage):
        return None
    facts = {name: fact for name, fact in event.items() if name not in _NO_FACTS}
    seconds = event.get("stage_seconds", event.get("seconds"))
    numbers = (seconds, *(event.get(name) for name in ("attempts", "cpu_seconds", "peak_memory")))
    return (
        *(event["seq"], event["time"], event.get("session"), item, stage, outcome),
        *(number if type(number) in (int, float) else None for number in numbers),
        msgspec.json.encode(facts).decode(),
    )


def is_failure(row: tuple[Any, ...]) -> bool:
    """Return whether a row is about a failed run."""
    return bool(row[COLUMNS.index("outcome")] == "failed")


def _get_outcome(event: dict[str, Any]) -> str:
    """Return how a run of a stage ended, or "" if the event is about something else."""
    match event["op"]:
        case "stage":
            return "failed" if event.get("outcome") == "failed" else "done"
        case "park":
            return "parked"
        case "settle":
            return _OUTCOMES_BY_STATE.get(str(event.get("state")), "")
        case _:
            return ""
