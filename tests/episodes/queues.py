"""A queue of episodes whose stages are recorded without a worker."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mediakeep.episodes.item import EPISODES
from mediakeep.item import NewItem, Status
from mediakeep.outcome import Outcome
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.settle import SettleRequest

_PAST = "2021-01-01T00:00:00+00:00"  # of a retry that is due
STAGES = [stage.name for stage in EPISODES.stages.stages]


def create_queue(home: Path, names: Iterable[str], **fields: Any) -> Queue:
    """Create the queue of a home with episodes."""
    queue = Queue.create(locate_queue(home / "status" / "episodes"), EPISODES, "", ())
    add(queue, names, **fields)
    return queue


def add(queue: Queue, names: Iterable[str], **fields: Any) -> None:
    """Add episodes of 2021."""
    facts = {"title": "A show", "date": "2021-03-04", **fields}
    queue.add(NewItem(name=name, path=name, fields=facts) for name in names)


def find_key(queue: Queue, name: str) -> str:
    return next(key for key, item in queue.state.items.items() if item.output_name == name)


def advance(queue: Queue, name: str, stage: str, **data: Any) -> None:
    """Claim an episode, end its stages before `stage`, and release it; or complete it."""
    (claim,) = queue.claim_due(find_key(queue, name))
    while (current := EPISODES.get_stage(queue.state.items[claim.key])) != stage:
        if current == STAGES[-1]:
            queue.settle(claim, SettleRequest(Outcome(data=data)))
            return
        following = STAGES[STAGES.index(current) + 1]
        queue.advance_stage(claim, Outcome(next_stage=following, data=data), 1.0)
    queue.release([claim])


def fail(queue: Queue, name: str, message: str, *, last: bool = False) -> None:
    """Record a failed attempt of an episode; the last one skips it."""
    (claim,) = queue.claim_due(find_key(queue, name))
    state, data = (Status.SKIPPED, {"skip_reason": message}) if last else (Status.ERROR, {})
    outcome = Outcome(state, message, data, traceback="Traceback")
    queue.settle(claim, SettleRequest(outcome, not_before="" if last else _PAST, exhausted=last))


def read_database(home: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{home}/state/state.db?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
