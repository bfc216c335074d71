"""A staged kind, and a queue of it whose changes a test makes one by one, without a worker."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep.app.subjects.music import SUBJECT as MUSIC_SUBJECT
from mediakeep.item import Item, Status
from mediakeep.kinds import HistoryView, JobMetric, Kind
from mediakeep.outcome import Outcome
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
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
        "cpu_seconds": "cpu_seconds",
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
        "cpu_seconds": "total_cpu_seconds",
        "peak_memory": "max_peak_memory",
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
    Album,
    f"{__name__}:SUBJECT",
    stages=TABLE,
    history_views=(RUNS, ALBUMS),
    measures=(
        JobMetric("times real time", "audio_seconds", per="stage_seconds", unit="x"),
        JobMetric("output", "output_bytes", unit="B"),
        JobMetric("copies", "copies"),
    ),
)
# Of the subject of music, no function is called.
SUBJECT = structs.replace(MUSIC_SUBJECT, kind=KIND, reviewed=None)


def make(folder: Path, names: Iterable[str], clock: Any, kind: Kind = KIND) -> Queue:
    """Create a queue of albums below a test's folder, and begin a session."""
    where = rig.locate_queue(folder / "status" / kind.name, clock, rig.HOST)
    queue = Queue.create(where, kind, "/music", rig.found(names))
    queue.begin_session()
    return queue


def advance(queue: Queue, claim: Claim, after: str, seconds: float, **facts: Any) -> None:
    """Record the end of an item's stage, which the stage `after` follows."""
    assert queue.advance_stage(claim, Outcome(next_stage=after, facts=facts), seconds)


def park(queue: Queue, claim: Claim, seconds: float, why: str) -> None:
    """Park an item for so many seconds."""
    assert queue.park(claim, Outcome(Status.PENDING, why, retry_after=seconds), 0.5)


def fail(queue: Queue, claim: Claim, message: str, not_before: str = "") -> None:
    """Settle an item whose stage failed."""
    outcome = Outcome(Status.ERROR, message)
    assert queue.settle(claim, SettleRequest(outcome, 9.0, not_before, stage_seconds=2.0))


def complete(queue: Queue, claim: Claim, **facts: Any) -> None:
    """Settle an item whose last stage is done."""
    assert queue.settle(claim, SettleRequest(Outcome(facts=facts), 9.0, stage_seconds=3.0))
