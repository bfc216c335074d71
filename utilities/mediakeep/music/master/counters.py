"""Count how often values occur, with bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from sqlite3 import Connection

import msgspec

CountedValue = str | int

_ROOM = 20_000  # values kept in memory
_MAX_INTEGER = 2**62  # larger counts are floats in SQLite, whose integer sums overflow
_TABLE = """CREATE TABLE tallies (
    what TEXT, value, number, PRIMARY KEY (what, value)
) WITHOUT ROWID"""
_ADD = """INSERT INTO tallies VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET number = number + excluded.number"""


class TopValues(msgspec.Struct, frozen=True):
    """The number of distinct values, and the number of tracks of each, most frequent first.

    Of many values, only the most frequent are included.
    """

    distinct: int
    tracks: dict[str, int]


class MusicCounters:
    """Counters by category and value; a database stores those that exceed the memory limit."""

    def __init__(self, base: Connection) -> None:
        base.execute(_TABLE)
        self._db = base
        self._counts: Counter[tuple[str, CountedValue]] = Counter()

    def add(self, what: str, counts: Iterable[tuple[CountedValue, int]]) -> None:
        """Add to the counts of values."""
        for value, number in counts:
            self._counts[what, value] += number
        if len(self._counts) > _ROOM:
            self._flush()

    def all_values(self, what: str) -> dict[CountedValue, int]:
        """Return every value in order; for categories with few values."""
        self._flush()
        return dict(
            self._db.execute(
                "SELECT value, number FROM tallies WHERE what = ? ORDER BY value", (what,)
            )
        )

    def top_values(self, what: str, limit: int) -> TopValues:
        """Return the values with the highest counts."""
        self._flush()
        (distinct,) = self._db.execute(
            "SELECT COUNT(*) FROM tallies WHERE what = ?", (what,)
        ).fetchone()
        most = self._db.execute(
            "SELECT value, number FROM tallies WHERE what = ? ORDER BY number DESC, value LIMIT ?",
            (what, limit),
        )
        return TopValues(distinct, {str(value): number for value, number in most})

    def _flush(self) -> None:
        rows = (
            (what, value, number if number < _MAX_INTEGER else float(number))
            for (what, value), number in self._counts.items()
        )
        self._db.executemany(_ADD, rows)
        self._counts.clear()
