"""A disposable SQLite index of the history, queried by the reports.

history.db is built from history/ alone and updated from the offsets where it stopped; without its
clean flag it is rebuilt. Issues are opened, closed and reopened (regressed) by comparing the open
ids of consecutive settles of an item. Changes undone by a restore are omitted, except for the items
that a replay brought back.
"""

from __future__ import annotations

import contextlib
import heapq
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mediakeep import clean_flag
from mediakeep.clean_flag import Torn
from mediakeep.queue import history, schema
from mediakeep.queue.journal import Record
from mediakeep.queue.posting import Poster

T = TypeVar("T")

FILE = "history.db"
_VERSION = 4
_PATIENCE = 60.0  # seconds to wait for another process, which may be rebuilding it
_LISTS = {"items": "states", "items_back": "states_back"}  # fields of an event with several items


class Lineage:
    """Which changes led to the current queue, without those undone by a restore.

    A checkpoint may come from a branch that an earlier restore left, and leads back to it.
    """

    def __init__(self) -> None:
        self._turns: list[tuple[int, int]] = []  # the restore, and the change that it restored
        self._replays: list[tuple[int, tuple[int, int], frozenset[str]]] = []

    def note(self, event: dict[str, Any]) -> None:
        """Record a restore, an edit or a replay; other events are ignored."""
        if first_last := event.get("undone"):
            self._turns.append((event["seq"], first_last[0] - 1))
        if first_last := event.get("redone"):
            first, last = first_last
            self._replays.append((event["seq"], (first, last), frozenset(event["items_back"])))

    def trace(self, last: int) -> Track:
        """Return which changes up to number `last` count."""
        ranges: list[tuple[int, int]] = []
        turns = sorted(self._turns)
        while turns:
            turn, origin = turns.pop()
            if turn <= last:
                ranges.append((turn, last))
                last = origin
        ranges.append((0, last))
        back = [
            (redone, items, self.trace(redone[1]))
            for seq, redone, items in self._replays
            if _within(seq, ranges)
        ]
        return Track(ranges, back)


class Track:
    """The changes that count: ranges of their numbers, and the items that replays brought back.

    A replay brings back items in the state that the undone branch of changes had left.
    """

    def __init__(
        self,
        ranges: list[tuple[int, int]],
        back: list[tuple[tuple[int, int], frozenset[str], Track]],
    ) -> None:
        self._ranges, self._back = ranges, back

    def part(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Return the part of an event that counts: all of it, some of its items, or None."""
        seq = event["seq"]
        if _within(seq, self._ranges):
            return event
        counted: set[str] = set()
        for (first, last), items, branch in self._back:
            if first <= seq <= last and (part := branch.part(event)):
                counted |= items & _items(part)
        return _only(event, counted) if counted else None


def _items(event: dict[str, Any]) -> set[str]:
    alone = {event["item"]} if "item" in event else set()
    return alone.union(*(event.get(name, ()) for name in _LISTS))


def _only(event: dict[str, Any], keep: set[str]) -> dict[str, Any]:
    """Return an event reduced to the given items."""
    reduced: dict[str, Any] = {}
    for items, states in _LISTS.items():
        chosen = [number for number, item in enumerate(event.get(items, ())) if item in keep]
        names = [name for name in (items, states) if name in event]
        reduced |= {name: [event[name][number] for number in chosen] for name in names}
    if "renamed" in event:
        reduced["renamed"] = {old: new for old, new in event["renamed"].items() if new in keep}
    return {**event, **reduced}


def _within(seq: int, ranges: list[tuple[int, int]]) -> bool:
    return any(first <= seq <= last for first, last in ranges)


def ask(
    folder: Path, question: Callable[[sqlite3.Connection], T], tail: Sequence[Record] = ()
) -> T:
    """Run a query on the updated index; if it is damaged, rebuild it and run the query again.

    `tail` are records of the journal; those that are not in the history yet are included.
    """
    try:
        with look(folder, tail) as base:
            return question(base)
    except sqlite3.DatabaseError as error:
        _discard(folder / FILE, error)
    with look(folder, tail) as base:
        return question(base)


def update(folder: Path) -> sqlite3.Connection:
    """Update the index from the history, or rebuild it, and return an open connection.

    Without write access to the folder, the index is built in memory.
    """
    path = folder / FILE
    for _ in range(2):  # again after a torn file was removed
        try:
            return _opened(path, folder)
        except Torn:
            path.unlink(missing_ok=True)
        except sqlite3.DatabaseError as error:
            _discard(path, error)
            break
    return _updated(sqlite3.connect(":memory:", isolation_level=None), folder)


def _discard(path: Path, error: sqlite3.DatabaseError) -> None:
    """Remove a damaged index, to be rebuilt next time; keep one that is only busy."""
    if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _opened(path: Path, folder: Path) -> sqlite3.Connection:
    base = _open(path)
    try:
        return _updated(base, folder, path)
    except BaseException:
        base.close()
        raise


def _updated(
    base: sqlite3.Connection, folder: Path, path: Path | None = None
) -> sqlite3.Connection:
    """Update an open index; the clean flag of the file at `path` is cleared before any write."""
    while True:
        with base:
            base.execute("BEGIN IMMEDIATE")
            current = base.execute("PRAGMA user_version").fetchone()[0] == _VERSION
            if not current and base.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                raise Torn("it has another version, and may be incomplete")
            is_clean = path is not None and current and clean_flag.is_clean(base, _identity(path))
            if current and not _has_news(base, folder):
                return base
            if not is_clean:
                if not current or not _grow(base, folder):
                    _reset(base, path)
                    _fill(base, folder)
                return base
        assert path is not None
        clean_flag.mark_dirty(base, _identity(path))


def _identity(path: Path) -> clean_flag.Identity:
    info = path.stat()
    return info.st_dev, info.st_ino


def _has_news(base: sqlite3.Connection, folder: Path) -> bool:
    """Return whether there is anything in the files that was not read yet."""
    read = dict(base.execute("SELECT path, offset FROM source").fetchall())
    paths = {path.name: path for path in history.paths(folder)}
    if read.keys() - paths:
        return True
    offsets = {path: read.get(name, 0) for name, path in paths.items()}
    if any(path.stat().st_size < offset for path, offset in offsets.items()):
        return True
    return next(_events(offsets), None) is not None


def _open(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    for setting in ("synchronous = OFF", "cache_size = -65536"):
        base.execute(f"PRAGMA {setting}")  # derived data: a power loss costs a rebuild
    return base


def _reset(base: sqlite3.Connection, path: Path | None) -> None:
    names = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in names:
        base.execute(f"DROP TABLE {name}")
    for statement in schema.TABLES.split(";"):
        base.execute(statement)
    if path:
        clean_flag.begin(base, _identity(path))
    base.execute(f"PRAGMA user_version = {_VERSION}")


def _grow(base: sqlite3.Connection, folder: Path) -> bool:
    """Add the new events; return False after a restore or if files that were read changed."""
    read = dict(base.execute("SELECT path, offset FROM source").fetchall())
    paths, poster = history.paths(folder), Poster(base)
    if set(read) - {path.name for path in paths}:
        return False
    offsets = {path: read.get(path.name, 0) for path in paths}
    if any(path.stat().st_size < offset for path, offset in offsets.items()):
        return False
    for path, end, event in _events(offsets):
        if "undone" in event or "redone" in event:
            return False
        poster.post(event)
        offsets[path] = end
    poster.flush()
    _note_ends(base, offsets)
    return True


def _fill(base: sqlite3.Connection, folder: Path) -> None:
    """Read the history twice: first to find what was undone, then to add what counts."""
    lineage, poster, last = Lineage(), Poster(base), 0
    ends = dict.fromkeys(history.paths(folder), 0)
    for path, end, event in _events(ends):
        lineage.note(event)
        last, ends[path] = max(last, event["seq"]), end
    track = lineage.trace(last)
    for _, _, event in _events(dict.fromkeys(ends, 0)):
        if part := track.part(event):
            poster.post(part)
        else:
            poster.attend(event)
    poster.flush()
    _note_ends(base, ends)


def _note_ends(base: sqlite3.Connection, ends: Mapping[Path, int]) -> None:
    rows = ((path.name, end) for path, end in ends.items())
    base.executemany("INSERT OR REPLACE INTO source VALUES(?, ?)", rows)


def _events(offsets: Mapping[Path, int]) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    """Return the events after these offsets in order, each with its file and its end offset.

    A wrong clock may put newer events into the file of an older month.
    """

    def read(path: Path, offset: int) -> Iterator[tuple[Path, int, dict[str, Any]]]:
        return ((path, end, event) for end, event in history.read(path, offset))

    files = [read(path, offset) for path, offset in offsets.items()]
    return heapq.merge(*files, key=lambda entry: entry[2]["seq"])


@contextlib.contextmanager
def look(folder: Path, tail: Sequence[Record] = ()) -> Iterator[sqlite3.Connection]:
    """Open the updated index for a `with` block.

    `tail` are records of the journal; those that are not in the history yet are included.
    """
    with contextlib.closing(update(folder)) as base, _marked(base, folder / FILE):
        base.execute("PRAGMA cache_spill = OFF")  # the tail is never written to the file
        base.execute("BEGIN IMMEDIATE" if tail else "BEGIN")
        (last,) = base.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()
        poster = Poster(base)
        for record in tail:
            if record.seq > last and record.op not in history.PASSING:
                poster.post(history.event(record))
        poster.flush()
        try:
            yield base
        finally:
            with contextlib.suppress(sqlite3.DatabaseError):
                base.execute("ROLLBACK")


@contextlib.contextmanager
def _marked(base: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Set the clean flag of an index after a `with` block, unless it is in memory."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError, sqlite3.Error):
            if base.execute("PRAGMA database_list").fetchone()[2]:
                clean_flag.mark_clean(base, _identity(path))
