"""The index of the history: what reports ask for, in SQLite, derived and deletable.

history.db is built from history/ alone and brought up to date from where it stopped. Issues are
opened, closed and opened again (regressed) by comparing the open ids of an item's settles in their
order. What a restore undid is left out, but for the items that a replay brought back.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.queue import history

FILE = "history.db"
_VERSION = 1
_TABLES = """
CREATE TABLE source(path TEXT PRIMARY KEY, offset INTEGER NOT NULL);
CREATE TABLE event(
  seq INTEGER PRIMARY KEY, time TEXT NOT NULL, op TEXT NOT NULL, session TEXT, item TEXT,
  state TEXT, seconds REAL, found INTEGER, fixed INTEGER, reviews INTEGER,
  opened INTEGER, closed INTEGER, regressed INTEGER, requests INTEGER, hits INTEGER, waited REAL);
CREATE INDEX event_session ON event(session);
CREATE INDEX event_time ON event(time);
CREATE TABLE issue(
  item TEXT NOT NULL, id TEXT NOT NULL, opened INTEGER NOT NULL, closed INTEGER,
  times INTEGER NOT NULL, PRIMARY KEY(item, id)) WITHOUT ROWID;
"""


class Pace(msgspec.Struct, frozen=True):
    """How fast recent sessions were: settled items, and the seconds that took."""

    settled: int
    seconds: float

    @property
    def per_hour(self) -> float | None:
        """Items an hour; None where nothing can be said yet."""
        return 3600 * self.settled / self.seconds if self.settled and self.seconds else None


class Undone:
    """Which changes no longer count: those that a restore undid and no replay brought back."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []
        self._back: dict[tuple[int, int], set[str]] = {}

    def note(self, event: dict[str, Any]) -> bool:
        """Learn from a restore, an edit or a replay; tell whether anything changes by it."""
        if first_last := event.get("undone"):
            self._ranges.append((first_last[0], first_last[1]))
        if first_last := event.get("redone"):
            redone = (first_last[0], first_last[1])
            self._back.setdefault(redone, set()).update(event["items_back"])
        return "undone" in event or "redone" in event

    def __contains__(self, event: dict[str, Any]) -> bool:
        seq, item = event["seq"], event.get("item")
        return any(
            first <= seq <= last and item not in self._back.get((first, last), ())
            for first, last in self._ranges
        )


def update(folder: Path) -> sqlite3.Connection:
    """Bring the index up to date with the history, and return it open; made anew where need be.

    Whoever may read the history but not write here gets one in memory.
    """
    try:
        return _updated(_open(folder / FILE), folder)
    except sqlite3.DatabaseError:
        with contextlib.suppress(OSError):
            (folder / FILE).unlink(missing_ok=True)  # derived: a damaged one is made anew next time
        return _updated(sqlite3.connect(":memory:", isolation_level=None), folder)


def _updated(base: sqlite3.Connection, folder: Path) -> sqlite3.Connection:
    with base:
        base.execute("BEGIN IMMEDIATE")
        if base.execute("PRAGMA user_version").fetchone()[0] != _VERSION or not _grow(base, folder):
            _reset(base)
            _fill(base, folder)
    return base


def _open(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=30.0, isolation_level=None)
    try:
        base.execute("PRAGMA synchronous = OFF")  # derived: a power loss costs a rebuild
        base.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError:
        base.close()
        path.unlink()
        return sqlite3.connect(path, timeout=30.0, isolation_level=None)
    return base


def _reset(base: sqlite3.Connection) -> None:
    names = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in names:
        base.execute(f"DROP TABLE {name}")
    for statement in _TABLES.split(";"):
        base.execute(statement)
    base.execute(f"PRAGMA user_version = {_VERSION}")


def _grow(base: sqlite3.Connection, folder: Path) -> bool:
    """Add what is new; False where the files are not those that were read, or a restore came."""
    known = dict(base.execute("SELECT path, offset FROM source").fetchall())
    paths = history.paths(folder)
    if set(known) - {path.name for path in paths}:
        return False
    for path in paths:
        offset = known.get(path.name, 0)
        if path.stat().st_size < offset:
            return False
        for end, event in history.read(path, offset):
            if Undone().note(event):
                return False
            _add(base, event)
            offset = end
        base.execute("INSERT OR REPLACE INTO source VALUES(?, ?)", (path.name, offset))
    return True


def _fill(base: sqlite3.Connection, folder: Path) -> None:
    """Read the whole history, first for what was undone, then for what counts."""
    undone = Undone()
    for _, _, event in _events(folder):
        undone.note(event)
    for path, offset, event in _events(folder):
        if event not in undone:
            _add(base, event)
        base.execute("INSERT OR REPLACE INTO source VALUES(?, ?)", (path.name, offset))


def _events(folder: Path) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    for path in history.paths(folder):
        for offset, event in history.read(path):
            yield path, offset, event


def _add(base: sqlite3.Connection, event: dict[str, Any]) -> None:
    item, seq = event.get("item"), event["seq"]
    opened = closed = regressed = None
    if item and "open_ids" in event:
        opened, closed, regressed = _compare(base, item, seq, event["open_ids"])
    base.execute(
        "INSERT OR IGNORE INTO event VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            *(seq, event["time"], event["op"], event.get("session"), item),
            *(event.get("state"), event.get("seconds"), event.get("issues_found")),
            *(event.get("auto_fixed"), event.get("manual_reviews"), opened, closed, regressed),
            *(event.get("requests"), event.get("hits"), event.get("waited")),
        ),
    )


def _compare(
    base: sqlite3.Connection, item: str, seq: int, ids: Iterable[str]
) -> tuple[int, int, int]:
    """Note which issues of an item are open now; count the new, the closed and the returned."""
    rows = base.execute("SELECT id, closed IS NULL FROM issue WHERE item = ?", (item,)).fetchall()
    known, now = {name for name, _ in rows}, set(ids)
    gone = {name for name, is_open in rows if is_open} - now
    back = {name for name, is_open in rows if not is_open} & now
    base.executemany(
        "UPDATE issue SET closed = ? WHERE item = ? AND id = ?",
        [(seq, item, name) for name in gone],
    )
    base.executemany(
        "UPDATE issue SET closed = NULL, times = times + 1 WHERE item = ? AND id = ?",
        [(item, name) for name in back],
    )
    new = sorted(now - known)
    base.executemany(
        "INSERT INTO issue VALUES(?, ?, ?, NULL, 1)", [(item, name, seq) for name in new]
    )
    return len(new), len(gone), len(back)


def pace(base: sqlite3.Connection, sessions: int = 10) -> Pace:
    """Return how fast the last sessions were, each from its start to its last event."""
    rows = base.execute(
        "SELECT sum(op = 'settle'), max(CASE WHEN op = 'end' THEN seconds END),"
        " strftime('%s', max(time)) - strftime('%s', min(time)) FROM event"
        " WHERE session IS NOT NULL GROUP BY session ORDER BY max(seq) DESC LIMIT ?",
        (sessions,),
    ).fetchall()
    return Pace(
        sum(settled for settled, _, _ in rows),
        sum(exact if exact is not None else rough for _, exact, rough in rows),
    )


def look(folder: Path) -> contextlib.closing[sqlite3.Connection]:
    """Open the up-to-date index for a `with` block."""
    return contextlib.closing(update(folder))
