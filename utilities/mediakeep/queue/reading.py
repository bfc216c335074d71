"""Reading a queue without its lock: what a glance at the files shows, never half a change."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

from mediakeep.errors import NoQueue, SnapshotDamaged
from mediakeep.kinds import Kind
from mediakeep.queue import binding, checkpoints, snapshot
from mediakeep.queue.binding import Origin
from mediakeep.queue.state import State

_LOOKS = 6  # a writer may be renaming, or a person copying
_PAUSE = 0.05  # seconds


def state(folder: Path, kind: Kind) -> State:
    """Return the queue as of its last change; of a file put there by a person, as the file says.

    NoQueue where there is none; StateDamaged where it cannot be read.
    """
    path = folder / snapshot.FILE
    if not path.exists() and not (folder / binding.JOURNALS).exists():
        raise missing(folder, kind)
    for _ in range(_LOOKS):
        try:
            loaded = snapshot.load(path, kind)
            bound = binding.bind(folder, loaded.head, loaded.digest)
            found = State(kind, loaded.head, loaded.items)
            if bound.origin is not Origin.OURS and snapshot.identify(path.stat()) != loaded.stat:
                continue  # rewritten between the two looks
            if bound.origin is Origin.OURS:
                found.replay(bound.reading.records, bound.path)
            return found
        except (SnapshotDamaged, FileNotFoundError) as error:
            damage = error
            time.sleep(_PAUSE)
    if isinstance(damage, SnapshotDamaged):
        raise SnapshotDamaged(*damage.args[:2], checkpoints.cure(folder, kind)) from damage
    raise SnapshotDamaged(path, "it is gone", checkpoints.cure(folder, kind))


def missing(folder: Path, kind: Kind) -> NoQueue:
    """Say that there is no queue, with the line that makes one."""
    home = folder.parent.parent
    return NoQueue(kind.name, home, kind.manager, shlex.quote(str(home)))
