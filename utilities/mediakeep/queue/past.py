"""What the index of the history tells: tallies, sessions, the pace, failures, gains."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise

import msgspec

from mediakeep.queue import schema

_SITTING = "first, last, settled, command, id, coalesce(seconds, 0)"


class Tally(msgspec.Struct, frozen=True):
    """A sum over a span of time; queue.schema lists the measures."""

    measure: str
    what: str
    amount: float


class Sitting(msgspec.Struct, frozen=True):
    """A session from its first record to its last; a killed one ended with that."""

    first: str
    last: str
    settled: int
    command: str  # of a person, "" for a batch
    id: str
    seconds: float  # as it measured itself, 0 where it was killed


class Gain(msgspec.Struct, frozen=True):
    """What batches repaired, and what was closed, of an item."""

    item: str
    fixed: int
    closed: int
    repairs: dict[str, int]  # by kind


class Pace(msgspec.Struct, frozen=True):
    """How fast recent sessions were: settled items, and the seconds that took."""

    settled: int
    seconds: float
    sessions: int = 0

    @property
    def per_hour(self) -> float | None:
        """Items an hour; None where nothing can be said yet."""
        return 3600 * self.settled / self.seconds if self.settled and self.seconds else None


def slot(seconds: float) -> int:
    """Return the slot that a moment falls into; `seconds` since 1970."""
    return int(seconds) // schema.SLOT


def began(slot: int) -> datetime:
    """Return the moment, in UTC, in which a slot begins."""
    return datetime.fromtimestamp(slot * schema.SLOT, UTC)


def sums(base: sqlite3.Connection, since: int, until: int) -> list[Tally]:
    """Return the sums of all tallies from one slot to before another."""
    pieces = list(_pieces(since, until))
    if not pieces:
        return []
    one = "SELECT measure, what, amount FROM tally WHERE span = ? AND slot >= ? AND slot < ?"
    some = " UNION ALL ".join([one] * len(pieces))
    query = f"SELECT measure, what, sum(amount) FROM ({some}) GROUP BY measure, what"
    return [Tally(*row) for row in base.execute(query, [end for piece in pieces for end in piece])]


def _pieces(since: int, until: int) -> Iterator[tuple[int, int, int]]:
    """Cut a range of slots into the fewest runs of spans: each a span, its first slot and its end.

    Small spans lead up to where a large one begins, and down again.
    """
    for span, larger in pairwise((*schema.SPANS, 0)):
        first = since + -since % larger if larger else since
        last = until - until % larger if larger else until
        if not larger or first >= last:
            if since < until:
                yield span, since, until
            return
        if since < first:
            yield span, since, first
        if last < until:
            yield span, last, until
        since, until = first, last


def steps(base: sqlite3.Connection) -> list[tuple[int, int]]:
    """Return by how many the completed items became more or fewer, by slot, oldest first."""
    return base.execute("SELECT slot, amount FROM step ORDER BY slot").fetchall()


def sizes(base: sqlite3.Connection) -> list[tuple[int, int]]:
    """Return how many items the queue had, by slot, oldest first."""
    return base.execute("SELECT slot, items FROM size ORDER BY slot").fetchall()


def sittings(base: sqlite3.Connection, since: str) -> list[Sitting]:
    """Return the sessions that were at work at or after a time, in the order of their starts."""
    query = f"SELECT {_SITTING} FROM session WHERE last >= ? ORDER BY first, id"
    return [Sitting(*row) for row in base.execute(query, (since,))]


def pace(base: sqlite3.Connection, sessions: int = 10) -> Pace:
    """Return how fast the last batches were, each from its start to its last record.

    The time in which several were at work counts once.
    """
    query = (
        "SELECT settled, strftime('%s', first), coalesce(seconds, strftime('%s', last) -"
        " strftime('%s', first)) FROM session WHERE settled AND command = ''"
        " ORDER BY last DESC, began DESC LIMIT ?"
    )
    rows = base.execute(query, (sessions,)).fetchall()
    times = [(float(first), float(first) + seconds) for _, first, seconds in rows]
    return Pace(sum(row[0] for row in rows), union(times), len(rows))


def union(times: Iterable[tuple[float, float]]) -> float:
    """Return the seconds that lie in any of the times: what overlaps counts once."""
    total, reached = 0.0, float("-inf")
    for first, last in sorted(times):
        total += max(0.0, last - max(first, reached))
        reached = max(reached, last)
    return total


def failed(base: sqlite3.Connection, since: str, until: str) -> frozenset[str]:
    """Return the items of which a try failed from one time to before another."""
    query = (
        "SELECT DISTINCT item FROM event WHERE op = 'settle'"
        " AND state = 'error' AND time >= ? AND time < ?"
    )
    return frozenset(item for (item,) in base.execute(query, (since, until)))


def gains(base: sqlite3.Connection, since: str, until: str, most: int) -> list[Gain]:
    """Return the items that gained most from one time to before another, by their repairs."""
    query = (
        "SELECT item, sum(coalesce(fixed, 0)), sum(coalesce(closed, 0)),"
        " group_concat(repairs, char(10)) FROM event WHERE op = 'settle' AND state = 'completed'"
        " AND time >= ? AND time < ? GROUP BY item"
        " HAVING sum(coalesce(fixed, 0)) + sum(coalesce(closed, 0)) > 0"
        " ORDER BY sum(coalesce(fixed, 0)) DESC, sum(coalesce(closed, 0)) DESC, item LIMIT ?"
    )
    rows = base.execute(query, (since, until, most)).fetchall()
    return [Gain(item, fixed, closed, _merged(text or "")) for item, fixed, closed, text in rows]


def _merged(lines: str) -> dict[str, int]:
    """Add up repairs by kind, from JSON objects one a line; most first."""
    total: Counter[str] = Counter()
    for line in lines.split("\n"):
        total.update(msgspec.json.decode(line, type=dict[str, int]) if line else {})
    return dict(sorted(total.items(), key=lambda entry: (-entry[1], entry[0])))


def opened(base: sqlite3.Connection) -> dict[str, str]:
    """Return since when each open issue has been open, by its id."""
    query = (
        "SELECT issue.id, event.time FROM issue JOIN event ON event.seq = issue.opened"
        " WHERE issue.closed IS NULL"
    )
    return dict(base.execute(query).fetchall())


def since(base: sqlite3.Connection) -> str:
    """Return the time of the first event that counts, "" where there is none."""
    return base.execute("SELECT coalesce(min(time), '') FROM event").fetchone()[0]  # type: ignore[no-any-return]


class Event(msgspec.Struct, frozen=True):
    """Something that happened, as the history has it; what does not apply is empty."""

    seq: int
    time: str
    op: str
    session: str
    item: str
    state: str
    fixed: int
    opened: int
    closed: int
    error: str


def recent(base: sqlite3.Connection, most: int) -> list[Event]:
    """Return what happened last, newest first, at most so many events."""
    query = (
        "SELECT seq, time, op, coalesce(session, ''), coalesce(item, ''), coalesce(state, ''),"
        " coalesce(fixed, 0), coalesce(opened, 0), coalesce(closed, 0), coalesce(error, '')"
        " FROM event ORDER BY seq DESC LIMIT ?"
    )
    return [Event(*row) for row in base.execute(query, (most,))]
