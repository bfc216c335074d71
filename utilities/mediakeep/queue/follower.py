"""Exports that follow a queue: files for people and other programs, written after each commit.

1. The changes since the last export are read: from the commit, or from the journals and the history
   if other processes have changed the queue, or if this one was killed before its export.
2. The items of these changes are exported. A kill meanwhile repeats that.
3. After a change of many items, such as a restore, and at the begin of each batch, all exports
   are compared with the queue; what is missing, truncated or foreign is made new.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mediakeep import atomic_files
from mediakeep.queue import change_events
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.state import QueueState

_LOCK = ".exports.lock"
# Changes of single items.
_SMALL = frozenset(
    (
        *("add", "claim", "release", "retry", "stage", "settle", "park", "unpark", "reset"),
        *("part", "end"),
    )
)
SINGLE = "single"  # set in the facts of sessions that change single items, and are no batches
Events = Sequence[Mapping[str, Any]]


class QueueFollower(ABC):
    """The exports of a queue in a folder, as one process writes them; see `Kind.follower`.

    All methods may raise OSError, sqlite3.Error and MediakeepError.
    """

    def __init__(self, queue_folder: Path, folder: Path) -> None:
        self.queue_folder, self.folder = queue_folder, folder
        self._position = 0  # number of the last change that was exported

    def follow(self, state: QueueState, record: JournalRecord) -> None:
        """Export a change that was committed, and those before it that are not exported."""
        with self._hold_lock():
            since = self.find_position(self._position)
            if since == record.seq - 1:
                events = [change_events.build_event(record)]
            else:
                events = change_events.read_events(self.queue_folder, since)
            if since and all(event["op"] in _SMALL or event.get(SINGLE) for event in events):
                self.export(state, events, record.time)
            else:
                self.compare(state, events)
            if record.op == "end" and not record.facts.get(SINGLE):
                self.end_batch(state, record.time)
            self._position = record.seq

    def check(self, state: QueueState) -> None:
        """Compare all exports with the queue, and make new what differs."""
        with self._hold_lock():
            since = self.find_position(self._position)
            self.compare(state, change_events.read_events(self.queue_folder, since))
            self._position = state.seq

    @contextlib.contextmanager
    def _hold_lock(self) -> Iterator[None]:
        atomic_files.make_folder(self.folder)
        with atomic_files.exclusive_lock(self.folder / _LOCK):
            yield

    @abstractmethod
    def find_position(self, known: int) -> int:
        """Called before each export with the last change that this process has exported.

        Return the last one that is exported, 0 if a file is missing.
        """

    @abstractmethod
    def export(self, state: QueueState, events: Events, time: str) -> None:
        """Called to export the items of some changes, the last of which was at a time."""

    @abstractmethod
    def compare(self, state: QueueState, events: Events) -> None:
        """Called to compare all exports with the queue, and to log the changes."""

    @abstractmethod
    def end_batch(self, state: QueueState, time: str) -> None:
        """Called at the end of each batch, after its exports."""

    @abstractmethod
    def close(self) -> None:
        """Called once, at last."""


def list_keys(events: Events) -> set[str]:
    """Return the keys of the items of some changes."""
    return {key for event in events for key in event.get("items") or [event.get("item")]}
