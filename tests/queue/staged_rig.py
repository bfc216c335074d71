"""A queue of jobs in three stages, which consume their source and may wait."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mediakeep.item import Item, ScannedItem
from mediakeep.kinds import Kind
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState
from mediakeep.stages import Stage, StageTable
from tests.queue import rig


class Job(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """A job: its settings, and what its stages noted."""

    quality: int = 0
    copied: bool = False  # its source is in the working folder, or further
    noted: str = ""


def reset_limit(item: Item) -> str:
    """Return the stage below which no reset goes: copying is not possible twice."""
    return "converting" if getattr(item, "copied", False) else ""


def has_copy(item: Item) -> bool:
    return bool(getattr(item, "copied", False))


TABLE = StageTable(
    (
        Stage("copying", ("converting",), "failed_copy"),
        Stage("converting", ("checking", "publishing"), "failed_convert"),
        Stage("checking", ("publishing",)),
        Stage("publishing", (), "failed_publish"),
    ),
    completed="published",
)
JOBS = Kind(
    name="jobs",
    noun="job",
    plural="jobs",
    manager_script="job_manager.py",
    batch_script="process_jobs.py",
    item_type=Job,
    stages=TABLE,
    reset_limit=reset_limit,
    cleans_up=True,
    consumes_source=True,
    has_working_copy=has_copy,
    library_noun="jobs",
)


def at(folder: Path, clock: Any = None) -> QueueLocation:
    """Say where the queue below a test's folder is."""
    return locate_queue(folder / "status" / "jobs", clock or rig.Clock(), rig.HOST)


def found(keys: Iterable[str], fingerprint: str = "f1") -> list[ScannedItem]:
    """Pretend that a scan found these jobs."""
    return [ScannedItem(key=key, path=f"/in/{key}", fingerprint=fingerprint) for key in keys]


def names(count: int) -> list[str]:
    return [f"Job {number:03d}" for number in range(count)]


def make(where: QueueLocation, count: int = 3) -> Queue:
    """Create a queue of so many jobs, with a session."""
    queue = Queue.create(where, JOBS, "/in", found(names(count)))
    queue.begin_session()
    return queue


def state(items: dict[str, Item], **head: Any) -> QueueState:
    """Make a state in memory alone."""
    fields = {"generation": 1, "snapshot_id": "1", "seq": 0, "library_path": "/in"}
    return QueueState(JOBS, SnapshotHead(kind="jobs", created="", **{**fields, **head}), items)
