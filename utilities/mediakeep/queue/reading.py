"""Reading a queue without its lock: what a glance at the files shows, never half a change."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import config, files
from mediakeep.errors import NoQueue, SnapshotDamaged
from mediakeep.kinds import Kind
from mediakeep.queue import binding, checkpoints, snapshot
from mediakeep.queue.binding import Origin
from mediakeep.queue.journal import Record
from mediakeep.queue.snapshot import Stat
from mediakeep.queue.state import State


class Found(msgspec.Struct, frozen=True):
    """A queue as read, and how far: the snapshot's identity, and the end of what its journal says.

    No journal counts where the file was put there by a person.
    """

    state: State
    stat: Stat
    path: Path | None = None
    offset: int = 0
    records: tuple[Record, ...] = ()  # of that journal


def state(folder: Path, kind: Kind) -> State:
    """Return the queue as of its last change; of a file put there by a person, as the file says.

    NoQueue where there is none; StateDamaged where it cannot be read.
    """
    return whole(folder, kind).state


def whole(folder: Path, kind: Kind) -> Found:
    """Return the queue as `state` does, and how far it was read."""
    if not checkpoints.remains(folder):
        raise missing(folder, kind)
    path = folder / snapshot.FILE
    try:
        return snapshot.patiently(path, lambda: _look(path, kind))
    except SnapshotDamaged as error:
        raise SnapshotDamaged(*error.args[:2], checkpoints.cure(folder, kind)) from error


def _look(path: Path, kind: Kind) -> Found | None:
    """Read snapshot and journal; None where they were rewritten between the two looks."""
    loaded = snapshot.load(path, kind)
    bound = binding.bind(path.parent, loaded.head, loaded.digest)
    found = State(kind, loaded.head, loaded.items)
    if bound.origin is Origin.OURS:
        found.replay(bound.reading.records, bound.path)
        records = tuple(bound.reading.records)
        return Found(found, loaded.stat, bound.path, bound.reading.end, records)
    return Found(found, loaded.stat) if snapshot.identity(path) == loaded.stat else None


def missing(folder: Path, kind: Kind) -> NoQueue:
    """Say that there is no queue, with the line that makes one."""
    home = folder.parent.parent
    return NoQueue(
        kind.name, files.display_path(home), config.spoken(kind.manager), files.quote_path(home)
    )
