"""Read a queue without its lock; the result never contains half a change."""

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
    """A queue and how far it was read: the identity of its snapshot, and the end of its journal.

    A file that the user put in place has no journal.
    """

    state: State
    stat: Stat
    path: Path | None = None
    offset: int = 0
    records: tuple[Record, ...] = ()  # of that journal


def state(folder: Path, kind: Kind) -> State:
    """Return the queue as of its last change, or as in the file that the user put in place.

    Raise NoQueue if there is none, StateDamaged if it cannot be read.
    """
    return whole(folder, kind).state


def whole(folder: Path, kind: Kind) -> Found:
    """Return the queue, and how far it was read; raise as `load_state` does."""
    if not checkpoints.remains(folder):
        raise missing(folder, kind)
    path = folder / snapshot.FILE
    try:
        return snapshot.patiently(path, lambda: _look(path, kind))
    except SnapshotDamaged as error:
        raise SnapshotDamaged(*error.args[:2], checkpoints.cure(folder, kind)) from error


def _look(path: Path, kind: Kind) -> Found | None:
    """Read snapshot and journal; return None if they were rewritten in between."""
    loaded = snapshot.load(path, kind)
    bound = binding.bind(path.parent, loaded.head, loaded.digest)
    state = State(kind, loaded.head, loaded.items)
    if bound.origin is Origin.OURS:
        state.replay(bound.reading.records, bound.path)
        records = tuple(bound.reading.records)
        return Found(state, loaded.stat, bound.path, bound.reading.end, records)
    return Found(state, loaded.stat) if snapshot.identity(path) == loaded.stat else None


def missing(folder: Path, kind: Kind) -> NoQueue:
    """Return the error for a missing queue, with the command that creates one."""
    home = folder.parent.parent
    return NoQueue(
        kind.name, files.display_path(home), config.spoken(kind.manager), files.quote_path(home)
    )
