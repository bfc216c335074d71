"""A queue that a long-lived process keeps in memory, and reads on as it changes."""

from __future__ import annotations

import bisect
import functools
import itertools
import re
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from mediakeep import path_text
from mediakeep.app import paging
from mediakeep.app.console import CollectingConsole
from mediakeep.app.queue_admin import item_details
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.queue_admin.item_details import ItemRow
from mediakeep.app.subjects import registry
from mediakeep.errors import InvalidCursor, MediakeepError
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue import claims
from mediakeep.queue.incremental_reader import IncrementalReader
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.state import QueueState

_MAX_LISTS = 16  # lists of items that fit a filter, kept in memory
_MAX_QUERIES = 50  # of the history, whose results are kept in memory

T = TypeVar("T")

SortOrder = Literal["name", "newest", "issues", "priority", "added"]
Row = tuple[Any, str]  # the value by which it is sorted, and the key
_VALUES: Mapping[str, Callable[[Item], Any]] = {
    "newest": lambda item: item.processed_date or item.error_date,
    "issues": attrgetter("issues_found"),
    "priority": attrgetter("priority"),
    "added": attrgetter("added_date"),
}


class ItemFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which items of a queue are listed, and in which order."""

    status: tuple[Status, ...] = ()
    stage: str = ""
    issue: str = ""
    q: str = ""  # a part of the name
    sort: SortOrder = "name"


class ItemPage(msgspec.Struct, frozen=True):
    """A page of items; `next` is the cursor of the next one, "" after the last."""

    total: int
    items: list[ItemRow]
    next: str = ""


class NameSearch:
    """Finds a text in thousands of names: they are searched as one text."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._text = "\n".join(self._names)
        self._ends = list(itertools.accumulate(len(name) + 1 for name in self._names))

    def find(self, wanted: str) -> Iterator[int]:
        """Yield the numbers of the names that contain a text, in their order."""
        if "\n" in wanted:  # or it would be found across names
            yield from (n for n, name in enumerate(self._names) if wanted in name)
            return
        last = -1
        for match in re.finditer(re.escape(wanted), self._text):  # twice as fast as str.find
            number = bisect.bisect_right(self._ends, match.start())
            if number != last:
                yield number
            last = number


class LiveQueue:
    """The queue of a kind. `open` locks it for other threads."""

    def __init__(self, home: Path, kind: Kind) -> None:
        self.home, self.kind = home, kind
        self._lock = threading.RLock()
        self.folder = registry.queue_folder(home, kind)
        self._reader = IncrementalReader(self.folder, kind)
        self._position: object = None  # of the lists
        self._names: dict[str, str] = {}  # by key, as names are compared
        self._searches: dict[SortOrder, NameSearch] = {}
        self._sorted: dict[SortOrder, list[Row]] = {}  # all items, at the last position
        self._lists: dict[ItemFilter, list[Row]] = {}
        self._recovered: tuple[object, dict[str, Item | None]] = (None, {})
        self._history: dict[Hashable, tuple[object, Any]] = {}  # positions and results, by query

    @contextmanager
    def open(self) -> Iterator[QueueState]:
        """Yield the queue as of now, which the block may not change."""
        with self._lock:
            state = self._reader.read()
            if self._reader.position != self._position:
                self._position = self._reader.position
                for known in (self._sorted, self._lists, self._searches, self._names):
                    known.clear()
            yield state

    @contextmanager
    def open_reader(self) -> Iterator[IncrementalReader]:
        """Yield the reader of the queue, locked for other threads."""
        with self._lock:
            yield self._reader

    def copy_state(self) -> QueueState:
        """Return the queue as of now, for a use case that may change it in memory."""
        with self.open() as state:
            return state.copy()

    def read_position(self) -> object:
        """Return a value that differs from the last one if the queue has changed."""
        if not self.folder.exists():
            return None
        with self._lock:
            try:
                self._reader.read()
            except (MediakeepError, OSError) as error:
                return str(error)
            return self._reader.position

    def context(self, *, yes: bool = True) -> ManagerContext:
        """Return the context of a use case, whose reads are answered from memory."""
        return _LiveContext(self, yes=yes)

    def query_history(self, query: Hashable, read: Callable[[], T]) -> T:
        """Return the result of a query of the history; `read` finds it if the queue has changed."""
        position = self.read_position()
        known, found = self._history.get(query, (None, None))
        if position is None or position != known:
            found = read()
            if len(self._history) >= _MAX_QUERIES:
                self._history.clear()
            self._history[query] = position, found
        return found  # type: ignore[no-any-return]

    def read_tail(self) -> tuple[JournalRecord, ...]:
        with self._lock:
            self._reader.read()
            return self._reader.read_journal()

    def list_page(self, choice: ItemFilter, cursor: str, limit: int) -> ItemPage:
        """Return a page of the items that fit; raise InvalidCursor."""
        of = f"{self.kind.name} {choice.sort}"
        with self.open() as state:
            rows, start = self.list_rows(state, choice), 0
            if cursor:
                last = paging.decode_cursor(cursor, of)
                try:
                    start = find_row(rows, last, descending=choice.sort != "name")
                except TypeError as error:  # its value has another type
                    raise InvalidCursor("is not valid") from error
            page = rows[start : start + limit]
            items = [item_details.build_row(self.kind, key, state.items[key]) for _, key in page]
        has_more = start + len(page) < len(rows)
        return ItemPage(len(rows), items, paging.encode_cursor(of, page[-1]) if has_more else "")

    def list_rows(self, state: QueueState, choice: ItemFilter) -> list[Row]:
        """Return the rows of the items that fit, in their order."""
        if choice not in self._lists:
            if choice.sort not in self._sorted:
                self._sorted[choice.sort] = self._sort(state, choice.sort)
            if len(self._lists) >= _MAX_LISTS:
                self._lists.clear()
            self._lists[choice] = self._select(state, self._sorted[choice.sort], choice)
        return self._lists[choice]

    def _sort(self, state: QueueState, sort: SortOrder) -> list[Row]:
        items = state.items.items()
        if sort == "name":
            rows = [(name, key) for key, name in self._list_names(state).items()]
        else:
            rows = [(_VALUES[sort](item), key) for key, item in items]
        rows.sort(reverse=sort != "name")
        return rows

    def _list_names(self, state: QueueState) -> dict[str, str]:
        if not self._names:
            names = ((key, item.name or key) for key, item in state.items.items())
            self._names.update((key, path_text.normalize_name(name)) for key, name in names)
        return self._names

    def _select(self, state: QueueState, rows: list[Row], choice: ItemFilter) -> list[Row]:
        """Return the rows that fit; each condition is checked for what is left by the others."""
        items = state.items
        if wanted := path_text.normalize_name(choice.q):
            if choice.sort not in self._searches:
                names = self._list_names(state)
                self._searches[choice.sort] = NameSearch(names[key] for _, key in rows)
            rows = [rows[number] for number in self._searches[choice.sort].find(wanted)]
        if choice.status:
            rows = [row for row in rows if items[row[1]].status in choice.status]
        if choice.issue:
            rows = [row for row in rows if items[row[1]].issues.get(choice.issue)]
        if choice.stage:
            rows = [row for row in rows if self.kind.get_stage(items[row[1]]) == choice.stage]
        return rows

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

    def query_history(self, query: Callable[..., T], *arguments: Hashable) -> T:
        read = functools.partial(super().query_history, query, *arguments)
        return self._queue.query_history((query, arguments), read)
