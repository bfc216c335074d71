"""Read a queue without its lock; the result never contains a half-written change."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import command_text, home_folder, path_text
from mediakeep.errors import NoQueue
from mediakeep.kinds import Kind
from mediakeep.queue import checkpoints, journal_lookup, snapshot
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.journal_lookup import SnapshotOrigin
from mediakeep.queue.snapshot import FileIdentity
from mediakeep.queue.state import QueueState


class QueueView(msgspec.Struct, frozen=True):
    """A queue, the identity of its snapshot file, and how far its journal was read.

    `offset` is in bytes. `path` is None if the user put the snapshot file in place, because such a
    file has no journal.
    """

    state: QueueState
    stat: FileIdentity
    path: Path | None = None
    offset: int = 0
    records: tuple[JournalRecord, ...] = ()  # of that journal


def load_state(folder: Path, kind: Kind) -> QueueState:
    """Return the queue as of its last change, without locking it.

    If the user replaced the queue file, return the content of that file. Raise NoQueue if there is
    none, StateDamaged if it cannot be read.
    """
    return load_state_and_position(folder, kind).state


def load_state_and_position(folder: Path, kind: Kind) -> QueueView:
    """Return the queue as of its last change, and how far its files were read.

    Raise NoQueue if there is none, StateDamaged if it cannot be read.
    """
    if not checkpoints.has_queue_files(folder):
        raise no_queue_error(folder, kind)
    path = folder / snapshot.FILE
    with checkpoints.explain_damage(folder, kind):
        return snapshot.read_until_stable(path, lambda: _read_once(path, kind))


def _read_once(path: Path, kind: Kind) -> QueueView | None:
    """Read snapshot and journal; return None if they were rewritten meanwhile."""
    loaded = snapshot.load(path, kind)
    journal_match = journal_lookup.find_journal(path.parent, loaded.head, loaded.digest)
    state = QueueState(kind, loaded.head, loaded.items)
    if journal_match.origin is SnapshotOrigin.OURS:
        state.replay_records(journal_match.content.records, journal_match.path)
        records = tuple(journal_match.content.records)
        return QueueView(state, loaded.stat, journal_match.path, journal_match.content.end, records)
    return QueueView(state, loaded.stat) if snapshot.file_identity(path) == loaded.stat else None


def no_queue_error(folder: Path, kind: Kind) -> NoQueue:
    """Return the error for a missing queue, which tells the command that creates a queue."""
    home = home_folder.find_queue_home(folder)
    return NoQueue(
        kind.name,
        path_text.display_path(home),
        command_text.format_command(
            kind.create_script or kind.manager_script, home, kind.create_words, names_home=True
        ),
    )
