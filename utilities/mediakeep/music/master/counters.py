"""Count how often values occur, with limited memory."""

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
    """The number of different values, and the most frequent ones with their numbers of tracks."""

    distinct: int
    tracks: dict[str, int]


class MusicCounters:
    """Counts of values in several categories; a database stores what exceeds the memory limit."""

    def __init__(self, connection: Connection) -> None:
        connection.execute(_TABLE)
        self._db = connection
        self._counts: Counter[tuple[str, CountedValue]] = Counter()

    def add(self, category: str, counts: Iterable[tuple[CountedValue, int]]) -> None:
        """Add counts of values to a category."""
        for value, number in counts:
            self._counts[category, value] += number
        if len(self._counts) > _ROOM:
            self._flush()

    def all_values(self, category: str) -> dict[CountedValue, int]:
        """Return the count of every value of a category, ordered by value.

        This is meant for categories with few values.
        """
        self._flush()
        return dict(
            self._db.execute(
                "SELECT value, number FROM tallies WHERE what = ? ORDER BY value", (category,)
            )
        )

    def top_values(self, category: str, limit: int) -> TopValues:
        """Return the most frequent values of a category, at most `limit`."""
        self._flush()
        (distinct,) = self._db.execute(
            "SELECT COUNT(*) FROM tallies WHERE what = ?", (category,)
        ).fetchone()
        most = self._db.execute(
            "SELECT value, number FROM tallies WHERE what = ? ORDER BY number DESC, value LIMIT ?",
            (category, limit),
        )
        return TopValues(distinct, {str(value): number for value, number in most})

    def _flush(self) -> None:
        rows = (
            (category, value, number if number < _MAX_INTEGER else float(number))
            for (category, value), number in self._counts.items()
        )
        self._db.executemany(_ADD, rows)
        self._counts.clear()
