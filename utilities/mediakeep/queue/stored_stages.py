"""The stage tables that queues keep in their heads, for kinds whose stages come from a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import structs

from mediakeep.errors import SnapshotDamaged
from mediakeep.kinds import Kind
from mediakeep.queue import checkpoints, compaction, snapshot


def load_kind(folder: Path, kind: Kind) -> Kind:
    """Return a kind with the stages that the queue in a folder was created with.

    If the head of the queue cannot be read, they are those of the newest checkpoint or replaced
    copy whose head can be. A kind that does not store its stages, or has no queue there, is
    returned as it is. Raise SnapshotDamaged if the stages are unknown.
    """
    if not kind.stores_stages or not checkpoints.has_queue_files(folder):
        return kind
    for path in _list_copies(folder):
        head = snapshot.read_head(path, kind)
        if head and head[0].stages and head[0].kind == kind.name:
            return structs.replace(kind, stages=head[0].stages)
    raise SnapshotDamaged(
        folder / snapshot.FILE,
        "its head has no stages, nor has a checkpoint or a file in aside/",
        f"Copy a file of this queue from a backup to {checkpoints.FOLDER}/.",
    )


def _list_copies(folder: Path) -> Iterator[Path]:
    """Yield the full copies of a queue: itself, its checkpoints, and what was set aside."""
    yield folder / snapshot.FILE
    yield from (checkpoint.path for checkpoint in checkpoints.list_checkpoints(folder))
    aside = (folder / compaction.ASIDE_FOLDER).glob("*.json")
    yield from sorted(aside, key=lambda path: path.stat().st_mtime, reverse=True)
