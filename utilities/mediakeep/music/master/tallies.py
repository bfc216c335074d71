"""Count how often values occur, with bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from sqlite3 import Connection

import msgspec

Value = str | int

_ROOM = 20_000  # values kept in memory
_WHOLE = 2**62  # larger counts are floats in SQLite, whose integer sums overflow
_TABLE = """CREATE TABLE tallies (
    what TEXT, value, number, PRIMARY KEY (what, value)
) WITHOUT ROWID"""
_ADD = """INSERT INTO tallies VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET number = number + excluded.number"""


class Spread(msgspec.Struct, frozen=True):
    """The number of distinct values, and the number of tracks of each, most frequent first.

    Of many values, only the most frequent are included.
    """

    distinct: int
    tracks: dict[str, int]


class Tallies:
    """Counters by category and value; a database stores those that exceed the memory limit."""

    def __init__(self, base: Connection) -> None:
        base.execute(_TABLE)
        self._base = base
        self._counts: Counter[tuple[str, Value]] = Counter()

    def add(self, what: str, counts: Iterable[tuple[Value, int]]) -> None:
        """Add to the counts of values."""
        for value, number in counts:
            self._counts[what, value] += number
        if len(self._counts) > _ROOM:
            self._store()

    def all(self, what: str) -> dict[Value, int]:
        """Return every value in order; for categories with few values."""
        self._store()
        return dict(
            self._base.execute(
                "SELECT value, number FROM tallies WHERE what = ? ORDER BY value", (what,)
            )
        )

    def spread(self, what: str, limit: int) -> Spread:
        """Return the values with the highest counts."""
        self._store()
        (distinct,) = self._base.execute(
            "SELECT COUNT(*) FROM tallies WHERE what = ?", (what,)
        ).fetchone()
        most = self._base.execute(
            "SELECT value, number FROM tallies WHERE what = ? ORDER BY number DESC, value LIMIT ?",
            (what, limit),
        )
        return Spread(distinct, {str(value): number for value, number in most})

    def _store(self) -> None:
        rows = (
            (what, value, number if number < _WHOLE else float(number))
            for (what, value), number in self._counts.items()
        )
        self._base.executemany(_ADD, rows)
        self._counts.clear()
