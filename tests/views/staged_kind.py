"""A staged kind, and a queue of it whose changes a test makes one by one.

The changes have the fields and facts that batches record, without a worker and its files.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mediakeep.item import Item, Status
from mediakeep.kinds import HistoryView, Kind
from mediakeep.outcome import Outcome
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.store import QueueChange
from mediakeep.stages import Stage, StageTable
from tests.queue import rig


class Album(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """An album that is converted in stages."""

    track_count: int = 0


RUNS = HistoryView(
    "processing_history",
    "stages",
    {
        "album": "item",
        "stage": "stage",
        "status": "processing_stage",
        "outcome": "outcome",
        "seconds": "seconds",
        "tracks": "tracks",
    },
)
ALBUMS = HistoryView(
    "albums",
    "items",
    {
        "album": "item",
        "status": "processing_stage",
        "tracks": "tracks",
        "bytes": "bytes",
        "seconds": "total_seconds",
    },
)
TABLE = StageTable(
    (
        Stage("preparing", ("converting",), "failed_prepare"),
        Stage("converting", ("publishing",), "failed_convert"),
        Stage("publishing", (), "failed_publish"),
    ),
    completed="published",
)
KIND = Kind(
    "albums",
    "album",
    "albums",
    "album_queue_manager.py",
    "convert_albums.py",
    f"{__name__}:Album",
    stages=TABLE,
    history_views=(RUNS, ALBUMS),
)


def make(folder: Path, names: Iterable[str], clock: Any, kind: Kind = KIND) -> Queue:
    """Create a queue of albums below a test's folder, and begin a session."""
    where = rig.locate_queue(folder / "status" / kind.name, clock, rig.HOST)
    queue = Queue.create(where, kind, "/music", rig.found(names))
    queue.begin_session()
    return queue


def advance(queue: Queue, claim: Claim, after: str, seconds: float, **facts: Any) -> None:
    """Record the end of an item's stage, which the stage `after` follows."""
    stage = _stage(queue, claim)
    own = {"stage": stage, "next": after, "seconds": seconds, "outcome": "done", "attempts": 1}
    _commit(queue, "stage", claim, {"processing_stage": after}, {**facts, **own})


def park(queue: Queue, claim: Claim, until: str, why: str) -> None:
    """Park an item in its stage."""
    changes = {"status": Status.PENDING, "session": None, "claim": None}
    changes |= {"not_before": until, "parked": why}
    facts = {"stage": _stage(queue, claim), "until": until, "why": why, "seconds": 0.5}
    _commit(queue, "park", claim, changes, facts)


def fail(queue: Queue, claim: Claim, message: str, attempts: int, not_before: str = "") -> None:
    """Settle an item whose stage failed."""
    stage = _stage(queue, claim)
    code = (TABLE.find_stage(stage) or TABLE.stages[0]).failure_code
    facts = {"stage": stage, "stage_seconds": 2.0, "attempts": attempts}
    data = {"processing_stage": code}
    outcome = Outcome(Status.ERROR, message, data=data, facts=facts)
    assert queue.settle(claim, SettleRequest(outcome, 9.0, not_before))


def complete(queue: Queue, claim: Claim, **facts: Any) -> None:
    """Settle an item whose last stage is done."""
    own = {"stage": _stage(queue, claim), "stage_seconds": 3.0, "attempts": 1}
    assert queue.settle(claim, SettleRequest(Outcome(facts={**facts, **own}), 9.0))


def _stage(queue: Queue, claim: Claim) -> str:
    return queue.kind.stages.get_current_stage(queue.state.items[claim.key].processing_stage)


def _commit(
    queue: Queue, op: str, claim: Claim, changes: dict[str, Any], facts: dict[str, Any]
) -> None:
    assert queue.commit(lambda _: QueueChange(op, {claim.key: changes}, facts))
