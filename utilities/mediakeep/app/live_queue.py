"""A queue that a long-lived process keeps in memory, and reads on as it changes."""

from __future__ import annotations

import bisect
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from mediakeep import path_text
from mediakeep.app.console import CollectingConsole
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects import registry
from mediakeep.errors import MediakeepError
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue import claims
from mediakeep.queue.incremental_reader import IncrementalReader
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.state import QueueState

_MAX_LISTS = 50  # sorted lists that are kept in memory

SortOrder = Literal["name", "newest", "issues", "priority", "added"]
Row = tuple[Any, str]  # the value by which it is sorted, and the key
_VALUES: Mapping[str, Callable[[str, Item], Any]] = {
    "name": lambda _, item: path_text.normalize_name(item.name),
    "newest": lambda _, item: item.processed_date or item.error_date,
    "issues": lambda _, item: item.issues_found,
    "priority": lambda _, item: item.priority,
    "added": lambda _, item: item.added_date,
}


class ItemFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which items of a queue are listed, and in which order."""

    status: tuple[Status, ...] = ()
    stage: str = ""
    issue: str = ""
    q: str = ""  # a part of the name
    sort: SortOrder = "name"


class LiveQueue:
    """The queue of a kind. `open` locks it for other threads."""

    def __init__(self, home: Path, kind: Kind) -> None:
        self.home, self.kind = home, kind
        self._lock = threading.RLock()
        self._reader = IncrementalReader(registry.queue_folder(home, kind), kind)
        self._lists: dict[tuple[Any, ...], list[Row]] = {}
        self._recovered: tuple[object, dict[str, Item | None]] = (None, {})

    @contextmanager
    def open(self) -> Iterator[QueueState]:
        """Yield the queue as of now, which the block may not change."""
        with self._lock:
            before = self._reader.position
            state = self._reader.read()
            if self._reader.position != before:
                self._lists.clear()
            yield state

    def copy_state(self) -> QueueState:
        """Return the queue as of now, for a use case that may change it in memory."""
        with self.open() as state:
            copy = QueueState(state.kind, state.head, dict(state.items))
            copy.seq, copy.settled = state.seq, state.settled
            return copy

    def read_position(self) -> object:
        """Return a value that differs from the last one if the queue has changed."""
        with self._lock:
            try:
                self._reader.read()
            except (MediakeepError, OSError) as error:
                return str(error)
            return self._reader.position

    def context(self, *, yes: bool = True) -> ManagerContext:
        """Return the context of a use case, whose reads are answered from memory."""
        return _LiveContext(self, yes=yes)

    def read_tail(self) -> tuple[JournalRecord, ...]:
        with self._lock:
            self._reader.read()
            return self._reader.read_journal()

    def list_rows(self, state: QueueState, choice: ItemFilter) -> list[Row]:
        """Return the rows of the items that fit, in their order."""
        key = (choice, self._reader.position)
        if key not in self._lists:
            if len(self._lists) >= _MAX_LISTS:
                self._lists.clear()
            value = _VALUES[choice.sort]
            rows = [
                (value(key, item) or key, key) if choice.sort == "name" else (value(key, item), key)
                for key, item in state.items.items()
                if self._fits(key, item, choice)
            ]
            rows.sort(reverse=choice.sort != "name")
            self._lists[key] = rows
        return self._lists[key]

    def _fits(self, key: str, item: Item, choice: ItemFilter) -> bool:
        if choice.status and item.status not in choice.status:
            return False
        if choice.issue and not item.issues.get(choice.issue):
            return False
        if choice.stage and self.kind.get_stage(item) != choice.stage:
            return False
        wanted = path_text.normalize_name(choice.q)
        return not wanted or wanted in path_text.normalize_name(item.name or key)

    def recovered_items(self, state: QueueState) -> Mapping[str, Item | None]:
        """Return the items that recovery would change, as changed; cached for up to a second."""
        stamp = int(time.monotonic()), self._reader.position
        if self._recovered[0] != stamp:
            items = claims.build_recovered_items(state, self.context().location)
            self._recovered = stamp, items
        return self._recovered[1]


def find_row(rows: list[Row], last: Row, *, descending: bool) -> int:
    """Return the number of the first row after the row `last`, which may be gone."""
    if descending:
        return bisect.bisect_left(rows, True, key=lambda row: row < last)
    return bisect.bisect_left(rows, True, key=lambda row: row > last)


class _LiveContext(ManagerContext):
    """A context whose reads are answered from memory."""

    def __init__(self, queue: LiveQueue, *, yes: bool) -> None:
        super().__init__(queue.home, queue.kind, CollectingConsole(agrees=yes), yes)
        self._queue = queue

    def read_state(self) -> QueueState:
        return self._queue.copy_state()

    def read_item(self, key: str) -> Item | None:
        with self._queue.open() as state:
            return state.items.get(key)

    def read_tail(self) -> tuple[JournalRecord, ...]:
        return self._queue.read_tail()
