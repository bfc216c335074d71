"""Queries on the index of the history: totals, sessions, speed, failures and repairs."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise

import msgspec
from msgspec import UNSET, UnsetType

from mediakeep.counts import rank_counts
from mediakeep.queue.history import schema

_SESSION_COLUMNS = "first, last, settled, command, id, seconds"


class MeasureTotal(msgspec.Struct, frozen=True):
    """The sum of a measure, such as settled items, over a period.

    The module `schema` lists the measures.
    """

    measure: str
    what: str
    amount: float


class SessionSpan(msgspec.Struct, frozen=True):
    """A session from its first to its last event; for a killed session, that is its end."""

    first: str
    last: str
    settled: int
    command: str  # of the user, "" for a batch
    id: str
    seconds: float | None  # as measured by itself, None if it was killed


class ItemRepairTotals(msgspec.Struct, frozen=True):
    """The issues of an item that batches repaired, and the issues that were closed."""

    item: str
    fixed: int
    closed: int
    repairs: dict[str, int]  # by kind


class Throughput(msgspec.Struct, frozen=True):
    """The speed of recent sessions: the number of settled items, and the seconds they took."""

    settled: int
    seconds: float
    sessions: int = 0

    @property
    def per_hour(self) -> float | None:
        """The number of items settled per hour, or None if unknown."""
        return 3600 * self.settled / self.seconds if self.settled and self.seconds else None


def slot_from_time(seconds: float) -> int:
    """Return the number of the quarter of an hour that contains a time (seconds since 1970)."""
    return int(seconds) // schema.SLOT


def slot_start(slot: int) -> datetime:
    """Return the time, in UTC, at which a quarter of an hour begins, given its number."""
    return datetime.fromtimestamp(slot * schema.SLOT, UTC)


def read_totals(connection: sqlite3.Connection, since: int, until: int) -> list[MeasureTotal]:
    """Return the totals of all measures over quarters of an hour.

    `since` is the number of the first quarter, `until` that of the first one after the period.
    """
    pieces = list(_split_range(since, until))
    if not pieces:
        return []
    select = "SELECT measure, what, amount FROM tally WHERE span = ? AND slot >= ? AND slot < ?"
    selects = " UNION ALL ".join([select] * len(pieces))
    query = f"SELECT measure, what, sum(amount) FROM ({selects}) GROUP BY measure, what"
    return [
        MeasureTotal(*row)
        for row in connection.execute(query, [end for piece in pieces for end in piece])
    ]


def _split_range(since: int, until: int) -> Iterator[tuple[int, int, int]]:
    """Split a range of quarters of an hour into the fewest runs of equal spans.

    Yield the span, the first quarter and the end of each run. Small spans fill the range before the
    first and after the last large span.
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


def read_completed_steps(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    """Return the changes in the number of completed items, by quarter of an hour, oldest first.

    Each pair is the number of the quarter and the change.
    """
    return connection.execute("SELECT slot, amount FROM step ORDER BY slot").fetchall()


def read_queue_sizes(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    """Return the number of items in the queue over time, oldest first.

    Each pair is the number of a quarter of an hour and the number of items.
    """
    return connection.execute("SELECT slot, items FROM size ORDER BY slot").fetchall()


def read_sessions(connection: sqlite3.Connection, since: str) -> list[SessionSpan]:
    """Return the sessions that were running at the time `since` or later, by start time."""
    query = f"SELECT {_SESSION_COLUMNS} FROM session WHERE last >= ? ORDER BY first, id"
    return [SessionSpan(*row) for row in connection.execute(query, (since,))]


def read_throughput(connection: sqlite3.Connection, sessions: int = 10) -> Throughput:
    """Return the number of items settled by the last `sessions` batches, and their running time.

    A session lasts from its start to its last event. Time in which several ran counts once.
    """
    query = (
        "SELECT settled, strftime('%s', first), coalesce(seconds, strftime('%s', last) -"
        " strftime('%s', first)) FROM session WHERE settled AND command = ''"
        " ORDER BY last DESC, began DESC LIMIT ?"
    )
    rows = connection.execute(query, (sessions,)).fetchall()
    times = [(float(first), float(first) + seconds) for _, first, seconds in rows]
    return Throughput(sum(row[0] for row in rows), sum_covered_seconds(times), len(rows))


def sum_covered_seconds(times: Iterable[tuple[float, float]]) -> float:
    """Return the seconds covered by at least one of the (start, end) intervals."""
    total, reached = 0.0, float("-inf")
    for first, last in sorted(times):
        total += max(0.0, last - max(first, reached))
        reached = max(reached, last)
    return total


def read_settle_times(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the time of the last settle of each item."""
    query = "SELECT item, max(time) FROM event WHERE op = 'settle' GROUP BY item"
    return dict(connection.execute(query).fetchall())


def read_failed_items(connection: sqlite3.Connection, since: str, until: str) -> frozenset[str]:
    """Return the keys of items with a failed attempt in a period.

    The period includes the time `since`, but not `until`.
    """
    query = (
        "SELECT DISTINCT item FROM event WHERE op = 'settle'"
        " AND state = 'error' AND time >= ? AND time < ?"
    )
    return frozenset(item for (item,) in connection.execute(query, (since, until)))


def read_most_repaired_items(
    connection: sqlite3.Connection, since: str, until: str, most: int
) -> list[ItemRepairTotals]:
    """Return the items with the most repairs and closed issues in a period, at most `most`.

    The period includes the time `since`, but not `until`.
    """
    query = (
        "SELECT item, sum(coalesce(fixed, 0)), sum(coalesce(closed, 0)),"
        " group_concat(repairs, char(10)) FROM event WHERE op = 'settle' AND state = 'completed'"
        " AND time >= ? AND time < ? GROUP BY item"
        " HAVING sum(coalesce(fixed, 0)) + sum(coalesce(closed, 0)) > 0"
        " ORDER BY sum(coalesce(fixed, 0)) DESC, sum(coalesce(closed, 0)) DESC, item LIMIT ?"
    )
    rows = connection.execute(query, (since, until, most)).fetchall()
    return [
        ItemRepairTotals(item, fixed, closed, _sum_repairs(text or ""))
        for item, fixed, closed, text in rows
    ]


def _sum_repairs(lines: str) -> dict[str, int]:
    """Add up the numbers of repairs by kind; the most frequent kind comes first.

    `lines` has one JSON object with such numbers per line.
    """
    total: Counter[str] = Counter()
    for line in lines.split("\n"):
        total.update(msgspec.json.decode(line, type=dict[str, int]) if line else {})
    return rank_counts(total)


class SessionRepairs(msgspec.Struct, frozen=True):
    """The repairs of a session: their number by kind, and the number of repaired items."""

    session: str
    time: str  # of the last repair
    items: int
    repairs: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.repairs.values())


def read_session_repairs(
    connection: sqlite3.Connection, since: str, until: str
) -> list[SessionRepairs]:
    """Return what each session repaired in a period, newest session first.

    Repairs are left out whose issues a later command of the user, such as an undo, has opened
    again. The period includes the time `since`, but not `until`.
    """
    query = (
        "SELECT session, time, item, seq, repairs FROM event"
        " WHERE op = 'settle' AND repairs IS NOT NULL AND session IS NOT NULL"
        " AND NOT by_hand AND time >= ? AND time < ? ORDER BY seq DESC"
    )
    undone = _read_undone_issues(connection)
    times, items = dict[str, str](), dict[str, set[str]]()
    totals: dict[str, Counter[str]] = {}
    for session, time, item, seq, text in connection.execute(query, (since, until)):
        repairs = Counter(msgspec.json.decode(text, type=dict[str, int]))
        for kind, count in repairs.items():
            later = [at for at in undone.get((item, kind), ()) if at > seq][:count]
            repairs[kind] -= len(later)
            undone[item, kind] = undone.get((item, kind), [])[len(later) :]
        if left := +repairs:
            times.setdefault(session, time)
            items.setdefault(session, set()).add(item)
            totals.setdefault(session, Counter()).update(left)
    return [
        SessionRepairs(name, times[name], len(items[name]), rank_counts(total))
        for name, total in totals.items()
    ]


def _read_undone_issues(connection: sqlite3.Connection) -> dict[tuple[str, str], list[int]]:
    """Return the changes by which a user's command has opened issues, by item and kind.

    The newest change comes first.
    """
    found: dict[tuple[str, str], list[int]] = {}
    query = "SELECT item, id, by_hand FROM issue WHERE by_hand IS NOT NULL ORDER BY by_hand DESC"
    for item, name, seq in connection.execute(query):
        found.setdefault((item, name.partition(":")[0]), []).append(seq)
    return found


def read_open_issues(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the open issues of all items: issue id -> time when the issue was opened."""
    query = (
        "SELECT issue.id, event.time FROM issue JOIN event ON event.seq = issue.opened"
        " WHERE issue.closed IS NULL"
    )
    return dict(connection.execute(query).fetchall())


def read_first_time(connection: sqlite3.Connection) -> str:
    """Return the time of the first event that counts, or "" if there is none.

    Events undone by a restore do not count.
    """
    return connection.execute("SELECT coalesce(min(time), '') FROM event").fetchone()[0]  # type: ignore[no-any-return]


class EventRun(msgspec.Struct, frozen=True):
    """The run of a stage that an event of the history ended; see the module `stage_rows`."""

    stage: str
    outcome: str
    seconds: float | None
    until: str  # when a parked item is due, else ""
    why: str  # why it waits, else ""


class HistoryEvent(msgspec.Struct, frozen=True):
    """An event of the queue's history; fields that do not apply to it are empty."""

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
    run: EventRun | UnsetType = UNSET  # unset if the event ended no run of a stage
    name: str | UnsetType = UNSET  # for display; unset if the key is a name

    @property
    def title(self) -> str:
        """The name of the item, or its key."""
        return self.item if self.name is UNSET else self.name


def read_recent_events(connection: sqlite3.Connection, most: int) -> list[HistoryEvent]:
    """Return the last events of the history, newest first, at most `most`."""
    return _read_events(connection, "", (most,))


def read_item_events(connection: sqlite3.Connection, item: str, most: int) -> list[HistoryEvent]:
    """Return the last events of an item, newest first, at most `most`."""
    return _read_events(connection, "WHERE event.item = ?", (item, most))


def _read_events(
    connection: sqlite3.Connection, where: str, values: tuple[object, ...]
) -> list[HistoryEvent]:
    query = (
        "SELECT event.seq, event.time, op, coalesce(event.session, ''), coalesce(event.item, ''),"
        " coalesce(state, ''), coalesce(fixed, 0), coalesce(opened, 0), coalesce(closed, 0),"
        " coalesce(error, ''), stage, outcome, stages.seconds,"
        " coalesce(json_extract(facts, '$.until'), ''), coalesce(json_extract(facts, '$.why'), '')"
        f" FROM event LEFT JOIN stages USING(seq) {where} ORDER BY event.seq DESC LIMIT ?"
    )
    return [
        HistoryEvent(*(*row[:10], EventRun(*row[10:]) if row[10] else UNSET))
        for row in connection.execute(query, values)
    ]
