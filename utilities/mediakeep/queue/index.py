"""The index of the history: what reports ask for, in SQLite, derived and deletable.

history.db is built from history/ alone and brought up to date from where it stopped. Issues are
opened, closed and opened again (regressed) by comparing the open ids of an item's settles in their
order. What a restore undid is left out, but for the items that a replay brought back.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mediakeep.queue import history, posting
from mediakeep.queue.posting import Poster

FILE = "history.db"
_VERSION = 2


class Lineage:
    """Which changes led to the queue of today: not those that a restore undid.

    A checkpoint may come from a line that was left by an earlier restore, and leads back to it.
    """

    def __init__(self) -> None:
        self._turns: list[tuple[int, int]] = []  # a restore, and the change that it went back to
        self._replays: list[tuple[int, tuple[int, int], frozenset[str]]] = []

    def note(self, event: dict[str, Any]) -> bool:
        """Learn from a restore, an edit or a replay; tell whether anything changes by it."""
        if first_last := event.get("undone"):
            self._turns.append((event["seq"], first_last[0] - 1))
        if first_last := event.get("redone"):
            first, last = first_last
            self._replays.append((event["seq"], (first, last), frozenset(event["items_back"])))
        return "undone" in event or "redone" in event

    def trace(self, last: int) -> Track:
        """Return which changes up to the last one count."""
        ranges: list[tuple[int, int]] = []
        turns = sorted(self._turns)
        while turns:
            turn, origin = turns.pop()
            if turn <= last:
                ranges.append((turn, last))
                last = origin
        ranges.append((0, last))
        return Track(ranges, [one for one in self._replays if _within(one[0], ranges)])


class Track:
    """The changes that count: ranges of their numbers, and items that a replay brought back."""

    def __init__(
        self,
        ranges: list[tuple[int, int]],
        replays: list[tuple[int, tuple[int, int], frozenset[str]]],
    ) -> None:
        self._ranges, self._replays = ranges, replays

    def __contains__(self, event: dict[str, Any]) -> bool:
        seq, item = event["seq"], event.get("item")
        return _within(seq, self._ranges) or any(
            first <= seq <= last and item in back for _, (first, last), back in self._replays
        )


def _within(seq: int, ranges: list[tuple[int, int]]) -> bool:
    return any(first <= seq <= last for first, last in ranges)


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
    for statement in posting.TABLES.split(";"):
        base.execute(statement)
    base.execute(f"PRAGMA user_version = {_VERSION}")


def _grow(base: sqlite3.Connection, folder: Path) -> bool:
    """Add what is new; False where the files are not those that were read, or a restore came."""
    known = dict(base.execute("SELECT path, offset FROM source").fetchall())
    paths, poster = history.paths(folder), Poster(base)
    if set(known) - {path.name for path in paths}:
        return False
    for path in paths:
        offset = known.get(path.name, 0)
        if path.stat().st_size < offset:
            return False
        for end, event in history.read(path, offset):
            if Lineage().note(event):
                return False
            poster.post(event)
            offset = end
        base.execute("INSERT OR REPLACE INTO source VALUES(?, ?)", (path.name, offset))
    poster.flush()
    return True


def _fill(base: sqlite3.Connection, folder: Path) -> None:
    """Read the whole history, first for what was undone, then for what counts."""
    lineage, poster, ends, last = Lineage(), Poster(base), {}, 0
    for _, _, event in _events(folder):
        lineage.note(event)
        last = max(last, event["seq"])
    track = lineage.trace(last)
    for path, offset, event in _events(folder):
        if event in track:
            poster.post(event)
        else:
            poster.attend(event)
        ends[path.name] = offset
    poster.flush()
    base.executemany("INSERT INTO source VALUES(?, ?)", ends.items())


def _events(folder: Path) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    for path in history.paths(folder):
        for offset, event in history.read(path):
            yield path, offset, event


def look(folder: Path) -> contextlib.closing[sqlite3.Connection]:
    """Open the up-to-date index for a `with` block."""
    return contextlib.closing(update(folder))
