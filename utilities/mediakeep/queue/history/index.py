"""A SQLite index of the history, queried by the reports; it can be deleted at any time.

history.db is built from history/ alone, and updated from the byte offsets where it stopped. Without
its clean mark it is rebuilt. Issues are opened, closed and reopened (regressed) by comparing the
open issue ids of consecutive settles of an item. Changes undone by a restore are omitted, except
for the items that a replay brought back. Other programs may read the views that a kind declares.
"""

from __future__ import annotations

import contextlib
import heapq
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mediakeep.kinds import Kind
from mediakeep.queue.history import event_log, history_views, schema
from mediakeep.queue.history.indexer import HistoryIndexer
from mediakeep.queue.journal import JournalRecord
from mediakeep.sqlite import clean_flag, database_files, disposable
from mediakeep.sqlite.clean_flag import TornFile

T = TypeVar("T")

FILE = "history.db"
_VERSION = 10
_BUSY_TIMEOUT = 60.0  # seconds to wait for another process, which may be rebuilding it
_LIST_FIELDS = {
    "items": "states",
    "items_back": "states_back",
}  # fields of an event with several items


class RestoreLineage:
    """Finds which changes led to the current queue, and which a restore undid.

    A checkpoint may belong to a branch that an earlier restore undid; restoring it makes that
    branch current again.
    """

    def __init__(self) -> None:
        self._restores: list[tuple[int, int]] = []  # the restore, and the change that it restored
        self._replays: list[tuple[int, tuple[int, int], frozenset[str]]] = []

    def add_event(self, event: dict[str, Any]) -> None:
        """Record a restore, an edit or a replay from the history; other events are ignored."""
        if first_last := event.get("undone"):
            self._restores.append((event["seq"], first_last[0] - 1))
        if first_last := event.get("redone"):
            first, last = first_last
            self._replays.append((event["seq"], (first, last), frozenset(event["items_back"])))

    def trace_to(self, last: int) -> CountedChanges:
        """Return which changes up to number `last` count, because no restore undid them."""
        ranges: list[tuple[int, int]] = []
        turns = sorted(self._restores)
        while turns:
            turn, origin = turns.pop()
            if turn <= last:
                ranges.append((turn, last))
                last = origin
        ranges.append((0, last))
        back = [
            (redone, items, self.trace_to(redone[1]))
            for seq, redone, items in self._replays
            if _in_ranges(seq, ranges)
        ]
        return CountedChanges(ranges, back)


class CountedChanges:
    """The changes that count: ranges of their numbers, and the items that replays brought back.

    A replay brings back items as they were after changes that a restore had undone.
    """

    def __init__(
        self,
        ranges: list[tuple[int, int]],
        back: list[tuple[tuple[int, int], frozenset[str], CountedChanges]],
    ) -> None:
        self._ranges, self._back = ranges, back

    def filter_event(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Return the part of a history event that counts, or None if nothing of it does.

        The part may be the whole event, or only some of its items.
        """
        seq = event["seq"]
        if _in_ranges(seq, self._ranges):
            return event
        counted: set[str] = set()
        for (first, last), items, branch in self._back:
            if first <= seq <= last and (part := branch.filter_event(event)):
                counted |= items & _event_items(part)
        return _restrict_items(event, counted) if counted else None


def _event_items(event: dict[str, Any]) -> set[str]:
    alone = {event["item"]} if "item" in event else set()
    return alone.union(*(event.get(name, ()) for name in _LIST_FIELDS))


def _restrict_items(event: dict[str, Any], keep: set[str]) -> dict[str, Any]:
    """Return a history event reduced to the item keys in `keep`."""
    reduced: dict[str, Any] = {}
    for items, states in _LIST_FIELDS.items():
        chosen = [number for number, item in enumerate(event.get(items, ())) if item in keep]
        names = [name for name in (items, states) if name in event]
        reduced |= {name: [event[name][number] for number in chosen] for name in names}
    if "renamed" in event:
        reduced["renamed"] = {old: new for old, new in event["renamed"].items() if new in keep}
    return {**event, **reduced}


def _in_ranges(seq: int, ranges: list[tuple[int, int]]) -> bool:
    return any(first <= seq <= last for first, last in ranges)


def query_history_index(
    folder: Path,
    query: Callable[[sqlite3.Connection], T],
    tail: Sequence[JournalRecord] = (),
    kind: Kind | None = None,
) -> T:
    """Run a query on the updated index and return its result.

    If the index is damaged, it is rebuilt and the query runs again. `tail` are records of the
    journal; those that are not in the history yet are included. The views are those that `kind`
    declares; None leaves them unchanged.
    """
    try:
        with open_for_query(folder, tail, kind) as base:
            return query(base)
    except sqlite3.DatabaseError as error:
        _remove_damaged(folder / FILE, error)
    with open_for_query(folder, tail, kind) as base:
        return query(base)


def open_updated_index(folder: Path, kind: Kind | None = None) -> sqlite3.Connection:
    """Update the index from the history, or rebuild it; return an open connection.

    The views are those that `kind` declares; None leaves them unchanged. Without write access to
    the folder, the index is built in memory.
    """
    path = folder / FILE
    for _ in range(2):  # again after a torn file was removed
        try:
            return _open_and_update(path, folder, kind)
        except TornFile:
            database_files.delete_file(path)
        except sqlite3.DatabaseError as error:
            _remove_damaged(path, error)
            break
    return _update_connection(sqlite3.connect(":memory:", isolation_level=None), folder, kind)


def _remove_damaged(path: Path, error: sqlite3.DatabaseError) -> None:
    """Remove a damaged index, to be rebuilt next time; keep one that is only busy."""
    if database_files.error_code(error) not in database_files.LOCK_CODES:
        with contextlib.suppress(OSError):
            database_files.delete_file(path)


def _open_and_update(path: Path, folder: Path, kind: Kind | None) -> sqlite3.Connection:
    base = _connect(path)
    try:
        return _update_connection(base, folder, kind, path)
    except BaseException:
        base.close()
        raise


def _update_connection(
    connection: sqlite3.Connection, folder: Path, kind: Kind | None, path: Path | None = None
) -> sqlite3.Connection:
    """Update an open index from the history, and its views from the kind.

    The clean mark of the index file at `path` is cleared before any write. `path` is None if the
    index is in memory.
    """
    while True:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            current = connection.execute("PRAGMA user_version").fetchone()[0] == _VERSION
            if not current and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                raise TornFile("it has another version, and may be incomplete")
            is_clean = (
                path is not None
                and current
                and clean_flag.is_clean(connection, _require_identity(path))
            )
            if current and not _is_outdated(connection, folder, kind):
                return connection
            if not is_clean:
                if not current or not _add_new_events(connection, folder):
                    _recreate_tables(connection, path)
                    _rebuild_index(connection, folder)
                if kind:
                    history_views.recreate_views(connection, kind)
                return connection
        assert path is not None
        clean_flag.mark_dirty(connection, _require_identity(path))


def _require_identity(path: Path) -> clean_flag.FileIdentity:
    """Return the identity of the file; raise TornFile if it has just been deleted."""
    if identity := database_files.file_identity(path):
        return identity
    raise TornFile("it was deleted")


def _is_outdated(connection: sqlite3.Connection, folder: Path, kind: Kind | None) -> bool:
    """Return whether the history has new events, or the kind declares other views."""
    if kind and not history_views.are_views_current(connection, kind):
        return True
    return _has_new_events(connection, folder)


def _has_new_events(connection: sqlite3.Connection, folder: Path) -> bool:
    """Return whether the history has events that the index has not read yet."""
    read = dict(connection.execute("SELECT path, offset FROM source").fetchall())
    paths = {path.name: path for path in event_log.list_files(folder)}
    if read.keys() - paths:
        return True
    offsets = {path: read.get(name, 0) for name, path in paths.items()}
    if any(path.stat().st_size < offset for path, offset in offsets.items()):
        return True
    return next(_iter_events(offsets), None) is not None


def _connect(path: Path) -> sqlite3.Connection:
    base = disposable.open_disposable(path, lock_timeout=_BUSY_TIMEOUT)
    base.execute("PRAGMA cache_size = -65536")  # KiB
    return base


def _recreate_tables(connection: sqlite3.Connection, path: Path | None) -> None:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in names:
        connection.execute(f"DROP TABLE {name}")
    for statement in schema.TABLES.split(";"):
        connection.execute(statement)
    if path:
        clean_flag.create_clean_mark(connection, _require_identity(path))
    connection.execute(f"PRAGMA user_version = {_VERSION}")


def _add_new_events(connection: sqlite3.Connection, folder: Path) -> bool:
    """Add the new events of the history to the index.

    Return False if the index must be rebuilt: after a restore, or if files that were read have
    changed.
    """
    read = dict(connection.execute("SELECT path, offset FROM source").fetchall())
    paths, poster = event_log.list_files(folder), HistoryIndexer(connection)
    if set(read) - {path.name for path in paths}:
        return False
    offsets = {path: read.get(path.name, 0) for path in paths}
    if any(path.stat().st_size < offset for path, offset in offsets.items()):
        return False
    for path, end, event in _iter_events(offsets):
        if "undone" in event or "redone" in event:
            return False
        poster.add_event(event)
        offsets[path] = end
    poster.flush()
    _save_offsets(connection, offsets)
    return True


def _rebuild_index(connection: sqlite3.Connection, folder: Path) -> None:
    """Build the index from the whole history.

    The history is read twice: first to find what was undone, then to add what counts.
    """
    lineage, poster, last = RestoreLineage(), HistoryIndexer(connection), 0
    ends = dict.fromkeys(event_log.list_files(folder), 0)
    for path, end, event in _iter_events(ends):
        lineage.add_event(event)
        last, ends[path] = max(last, event["seq"]), end
    track = lineage.trace_to(last)
    for _, _, event in _iter_events(dict.fromkeys(ends, 0)):
        if part := track.filter_event(event):
            poster.add_event(part)
        else:
            poster.note_session(event)
    poster.flush()
    _save_offsets(connection, ends)


def _save_offsets(connection: sqlite3.Connection, ends: Mapping[Path, int]) -> None:
    rows = ((path.name, end) for path, end in ends.items())
    connection.executemany("INSERT OR REPLACE INTO source VALUES(?, ?)", rows)


def _iter_events(offsets: Mapping[Path, int]) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    """Yield the events after the given byte offsets in the order of their numbers.

    Each event comes with its file and the byte offset where its line ends. A wrong clock may put
    newer events into the file of an older month.
    """

    def read(path: Path, offset: int) -> Iterator[tuple[Path, int, dict[str, Any]]]:
        return ((path, end, event) for end, event in event_log.iter_events(path, offset))

    files = [read(path, offset) for path, offset in offsets.items()]
    return heapq.merge(*files, key=lambda entry: entry[2]["seq"])


@contextlib.contextmanager
def open_for_query(
    folder: Path, tail: Sequence[JournalRecord] = (), kind: Kind | None = None
) -> Iterator[sqlite3.Connection]:
    """Open the updated index for a `with` block.

    The arguments are those of `query_history_index`.
    """
    with (
        contextlib.closing(open_updated_index(folder, kind)) as base,
        _mark_clean_after(base, folder / FILE),
    ):
        base.execute("PRAGMA cache_spill = OFF")  # the tail is never written to the file
        base.execute("BEGIN IMMEDIATE" if tail else "BEGIN")
        (last,) = base.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()
        poster = HistoryIndexer(base)
        for record in tail:
            if record.seq > last and record.op not in event_log.TRANSIENT_OPS:
                poster.add_event(event_log.build_event(record))
        poster.flush()
        try:
            yield base
        finally:
            with contextlib.suppress(sqlite3.DatabaseError):
                base.execute("ROLLBACK")


@contextlib.contextmanager
def _mark_clean_after(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Set the clean mark of an index file after the `with` block, unless the index is in memory."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError, sqlite3.Error):
            if connection.execute("PRAGMA database_list").fetchone()[2]:
                clean_flag.mark_clean(connection, _require_identity(path))
