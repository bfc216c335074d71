"""Reading a queue without its lock: what a glance at the files shows, never half a change."""

from __future__ import annotations

import shlex
from pathlib import Path

from mediakeep import config
from mediakeep.errors import NoQueue, SnapshotDamaged
from mediakeep.kinds import Kind
from mediakeep.queue import binding, checkpoints, snapshot
from mediakeep.queue.binding import Origin
from mediakeep.queue.state import State


def state(folder: Path, kind: Kind) -> State:
    """Return the queue as of its last change; of a file put there by a person, as the file says.

    NoQueue where there is none; StateDamaged where it cannot be read.
    """
    if not checkpoints.remains(folder):
        raise missing(folder, kind)
    path = folder / snapshot.FILE
    try:
        return snapshot.patiently(path, lambda: _look(path, kind))
    except SnapshotDamaged as error:
        raise SnapshotDamaged(*error.args[:2], checkpoints.cure(folder, kind)) from error


def _look(path: Path, kind: Kind) -> State | None:
    """Read snapshot and journal; None where they were rewritten between the two looks."""
    loaded = snapshot.load(path, kind)
    bound = binding.bind(path.parent, loaded.head, loaded.digest)
    found = State(kind, loaded.head, loaded.items)
    if bound.origin is Origin.OURS:
        found.replay(bound.reading.records, bound.path)
    elif snapshot.identity(path) != loaded.stat:
        return None
    return found


def missing(folder: Path, kind: Kind) -> NoQueue:
    """Say that there is no queue, with the line that makes one."""
    home = folder.parent.parent
    return NoQueue(kind.name, home, config.spoken(kind.manager), shlex.quote(str(home)))
