"""Add events of the history to the index: to its tallies, items, issues and sessions."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from mediakeep.item import Status
from mediakeep.queue.history import stage_rows
from mediakeep.queue.history.schema import SLOT, SPANS, IndexedIssue, IndexedSession, ItemHistory

_FLUSH_AFTER = 20_000  # events buffered before they are written
_MAX_CACHED_ITEMS = 100_000  # items cached in memory
_EXCLUDED_SUMS = (
    frozenset(  # numbers that are derived from the ids of issues, or cannot be added up
        {"seq", "issues_found", "issues_resolved", "auto_fixed", "manual_reviews", "notes"}
    )
)
# In the table of stages instead, or cannot be added up.
_STAGE_NUMBERS = frozenset({"attempts", "peak_memory"}) | _EXCLUDED_SUMS
# The seconds of stages are part of those of the settle, and are added up under a name of their own.
_STAGE_SUM_NAMES = {"seconds": "stage_seconds"}
_IMPLIED_STATES = {"reset": str(Status.PENDING), "mark": str(Status.COMPLETED)}
_ADD_AMOUNT = " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount"


TallyKey = tuple[int, str, str]  # slot, measure, what


class HistoryIndexer:
    """Adds history events, in order, to an open index; nothing is written before `flush`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._events: list[tuple[Any, ...]] = []
        self._stages: list[tuple[Any, ...]] = []
        self._tallies: defaultdict[TallyKey, float] = defaultdict(float)
        self._steps: dict[int, int] = {}
        self._sizes: dict[int, int] = {}
        self._items: dict[str, ItemHistory] = {}
        self._changed_keys: set[str] = set()  # keys of items that are not written yet
        self._sessions: dict[tuple[str, int], IndexedSession] = {}
        self._current: dict[str, int] = {}  # session name -> its first change

    def add_event(self, event: dict[str, Any]) -> None:
        """Add a history event to the index."""
        self.note_session(event)
        slot = _time_to_slot(event["time"])
        moves = (0, 0, 0)
        if event["op"] == "settle" and "item" in event:
            moves = self._add_settle(event, slot)
        elif event["op"] in stage_rows.STAGE_OPS:
            renamed = {_STAGE_SUM_NAMES.get(name, name): fact for name, fact in event.items()}
            self._add_sums(renamed, slot, _STAGE_NUMBERS)
        else:
            self._add_status_changes(event, slot)
        self._add_stage_run(event)
        if "known" in event:
            self._sizes[slot] = event["known"]
        self._events.append(_build_event_row(event, moves))
        if len(self._events) > _FLUSH_AFTER:
            self.flush()

    def _add_stage_run(self, event: dict[str, Any]) -> None:
        """Add the run of a stage that a history event ends, if any.

        A last failure before a cleanup is recorded before the settle that repeats it.
        """
        row = stage_rows.build_stage_row(event)
        if row is None:
            return
        item, is_failure = self._get_item(event["item"]), stage_rows.is_failure(row)
        is_repeated = event["op"] == "settle" and is_failure and item.cleanup_due
        if event["op"] != "park":  # a cleanup that waits is still due
            item.cleanup_due = is_failure and event["op"] == "stage"
        if not is_repeated:
            self._stages.append(row)

    def note_session(self, event: dict[str, Any]) -> None:
        """Record in the index that a session was running, even if a restore undid its changes."""
        name = event.get("session")
        if not name:
            return
        time = event["time"]
        session = self._get_session(name, event)
        session.first, session.last = min(session.first, time), max(session.last, time)
        session.settled += event["op"] == "settle"
        session.command = event.get("command", session.command)
        if event["op"] == "end":
            session.seconds = event.get("seconds")

    def _get_session(self, name: str, event: dict[str, Any]) -> IndexedSession:
        """Return the session of a history event.

        A start event begins a new session; any other event belongs to the last session of that
        name.
        """
        if event["op"] == "start":
            self._current[name] = event["seq"]
        elif name not in self._current:
            query = "SELECT began, first, last, seconds, command, settled FROM session"
            query += " WHERE id = ? ORDER BY began DESC LIMIT 1"
            row = self._db.execute(query, (name,)).fetchone()
            session = (
                IndexedSession(*row)
                if row
                else IndexedSession(event["seq"], event["time"], event["time"])
            )
            self._current[name] = session.began
            self._sessions[name, session.began] = session
        key = name, self._current[name]
        if key not in self._sessions:
            self._sessions[key] = IndexedSession(key[1], event["time"], event["time"])
        return self._sessions[key]

    def _add_settle(self, event: dict[str, Any], slot: int) -> tuple[int, int, int]:
        item, state = self._get_item(event["item"]), event.get("state", "")
        before = item.was_completed
        self._set_status(item, state, slot)
        by_hand = event.get("by_hand", False)
        self._tallies[slot, "by_hand" if by_hand else "settled", state] += 1
        if not by_hand:
            self._add_sums(event, slot, _STAGE_NUMBERS if "stage" in event else _EXCLUDED_SUMS)
        is_new = not before and not item.issues
        moves = self._compare_issues(item, event, slot) if "open_ids" in event else (0, 0, 0)
        if is_new:
            self._count_issues(slot, "first", item.issues)
        if state == Status.COMPLETED:
            if before and not by_hand:
                self._tallies[slot, "again", state] += 1
            item.was_completed = True
        return moves

    def _add_sums(self, event: dict[str, Any], slot: int, excluded: frozenset[str]) -> None:
        for name, value in event.items():
            if type(value) in (int, float) and name not in excluded:
                self._tallies[slot, "sum", name] += value
        for kind, count in _get_repairs(event).items():
            self._tallies[slot, "repaired", kind] += count

    def _add_status_changes(self, event: dict[str, Any], slot: int) -> None:
        """Apply the new statuses of items in a history event to the index.

        `slot` is the event's quarter of an hour.
        """
        if event.get("anew"):
            self._clear_items(slot)
        if event["op"] in ("forget", "retire"):
            self._forget_items([key for key, _ in _iter_statuses(event)], slot)
            return
        for old, new in event.get("renamed", {}).items():
            self._rename_item(old, new)
        for key, state in _iter_statuses(event):
            if state:
                item = self._get_item(key)
                if event.get("restored") and state == Status.SKIPPED:
                    self._restore_skipped(item, slot)
                else:
                    self._set_status(item, state, slot)
                item.was_completed |= state == Status.COMPLETED
                item.cleanup_due &= event["op"] not in _IMPLIED_STATES  # a reset forgets it

    def _forget_items(self, keys: Sequence[str], slot: int) -> None:
        """Remove items from the index that were removed from the queue; their events stay.

        A retired item may be completed, and have open issues; neither counts any more.
        """
        for key in keys:
            item = self._get_item(key)
            if not item.away:
                self._count_issues(slot, "left", item.open_issues)
                self._set_done(item, slot, done=False)
        self.flush()
        self._items.clear()
        for key in keys:
            query = "SELECT count(*) FROM item WHERE item = ? AND away"
            self._tallies[slot, "forgotten", ""] += self._db.execute(query, (key,)).fetchone()[0]
            self._delete_item(key)

    def _delete_item(self, key: str) -> None:
        for table in ("item", "issue"):
            self._db.execute(f"DELETE FROM {table} WHERE item = ?", (key,))

    def _rename_item(self, old: str, new: str) -> None:
        """Move the rows of an item in the index to its new key; the dates of its issues stay."""
        self.flush()
        self._items.clear()
        self._delete_item(new)
        for table in ("item", "issue", "stages"):
            self._db.execute(f"UPDATE {table} SET item = ? WHERE item = ?", (new, old))

    def _clear_items(self, slot: int) -> None:
        """Remove all items and their issues from the index, because a new queue was created."""
        self.flush()
        self._items.clear()
        query = "SELECT count(*) FROM item WHERE away"
        self._tallies[slot, "forgotten", ""] += self._db.execute(query).fetchone()[0]
        for (key,) in self._db.execute("SELECT item FROM item WHERE NOT away").fetchall():
            item = self._get_item(key)
            self._set_status(item, Status.PENDING, slot)
            self._count_issues(slot, "left", item.open_issues)
        self._changed_keys.clear()
        self._items.clear()
        for table in ("item", "issue"):
            self._db.execute(f"DELETE FROM {table}")

    def _set_status(self, item: ItemHistory, state: str, slot: int) -> None:
        away = state == Status.SKIPPED
        self._set_done(item, slot, done=state == Status.COMPLETED)
        if away != item.away:
            measure = "left" if away else "returned"
            self._tallies[slot, "vanished" if away else "reappeared", ""] += 1
            self._count_issues(slot, measure, item.open_issues)
        item.away = away

    def _restore_skipped(self, item: ItemHistory, slot: int) -> None:
        """Count a restored item as skipped, as it was when it was retired, not as vanished."""
        self._tallies[slot, "forgotten", ""] -= 1
        item.away = True

    def _set_done(self, item: ItemHistory, slot: int, *, done: bool) -> None:
        """Record whether an item is completed, and count the change."""
        if step := done - item.done:
            self._tallies[slot, "done", ""] += step
            self._steps[slot] = self._steps.get(slot, 0) + step
        item.done = done

    def _compare_issues(
        self, item: ItemHistory, event: dict[str, Any], slot: int
    ) -> tuple[int, int, int]:
        """Update the open issues of an item from the event of a settle.

        Return the numbers of new, closed and reopened issues. Closed issues that the batch repaired
        are not included.
        """
        seq, now, issues = event["seq"], set(event["open_ids"]), item.issues
        new = now - issues.keys()
        closed = [
            name for name, issue in issues.items() if issue.closed is None and name not in now
        ]
        reopened = [name for name in now & issues.keys() if issues[name].closed is not None]
        for name in closed:
            issues[name].closed = seq
        for name in reopened:
            issues[name].closed, issues[name].times = None, issues[name].times + 1
        issues.update((name, IndexedIssue(seq)) for name in new)
        for name in (*new, *reopened) if event.get("by_hand") else ():
            issues[name].by_hand = seq
        item.touched.update(new, closed, reopened)
        for measure, names in (("opened", new), ("closed", closed), ("regressed", reopened)):
            self._count_issues(slot, measure, names)
        if event.get("by_hand"):
            self._count_issues(slot, "reverted", new)
            self._count_issues(slot, "reopened", reopened)
        return (
            len(new),
            len(closed) - self._count_repaired_issues(event, closed, slot),
            len(reopened),
        )

    def _count_repaired_issues(
        self, event: dict[str, Any], closed: Collection[str], slot: int
    ) -> int:
        """Count the closed issues that the batch repaired, and return their number.

        They also count as repairs, so the caller subtracts them from the closed issues.
        """
        repairs = {} if event.get("by_hand") else _get_repairs(event)
        kinds = Counter(name.partition(":")[0] for name in closed) if repairs else {}
        repaired = {kind: min(count, repairs.get(kind, 0)) for kind, count in kinds.items()}
        for kind, count in repaired.items():
            if count:
                self._tallies[slot, "mended", kind] += count
        return sum(repaired.values())

    def _count_issues(self, slot: int, measure: str, ids: Collection[str]) -> None:
        for name in ids:
            self._tallies[slot, measure, name.partition(":")[0]] += 1

    def _get_item(self, key: str) -> ItemHistory:
        item = self._items.get(key)
        self._changed_keys.add(key)
        if item is None:
            query = "SELECT done, ever, away, cleanup FROM item WHERE item = ?"
            row = self._db.execute(query, (key,)).fetchone()
            item = self._items[key] = ItemHistory()
            if row:
                item.done, item.was_completed, item.away, item.cleanup_due = map(bool, row)
                query = "SELECT id, opened, closed, times, by_hand FROM issue WHERE item = ?"
                rows = self._db.execute(query, (key,)).fetchall()
                item.issues = {name: IndexedIssue(*rest) for name, *rest in rows}
        return item

    def flush(self) -> None:
        """Write the collected events and totals to the index."""
        add, moved = self._db.executemany, {key: self._items[key] for key in self._changed_keys}
        add(f"INSERT OR IGNORE INTO event VALUES({','.join('?' * 14)})", self._events)
        add(stage_rows.INSERT, self._stages)
        sums: Mapping[TallyKey, float] = self._tallies
        for span in SPANS:
            sums = _sum_over_span(sums, span)
            rows = ((*key, amount) for key, amount in sums.items() if amount)
            add(f"INSERT INTO tally VALUES({span}, ?, ?, ?, ?){_ADD_AMOUNT}", rows)
        add(f"INSERT INTO step VALUES(?, ?){_ADD_AMOUNT}", self._steps.items())
        add("INSERT OR REPLACE INTO size VALUES(?, ?)", self._sizes.items())
        add(
            "INSERT OR REPLACE INTO session VALUES(?, ?, ?, ?, ?, ?, ?)",
            (
                (s.began, name, s.first, s.last, s.seconds, s.command, s.settled)
                for (name, _), s in self._sessions.items()
            ),
        )
        add(
            "INSERT OR REPLACE INTO item VALUES(?, ?, ?, ?, ?)",
            (
                (key, item.done, item.was_completed, item.away, item.cleanup_due)
                for key, item in moved.items()
            ),
        )
        add(
            "INSERT OR REPLACE INTO issue VALUES(?, ?, ?, ?, ?, ?)",
            (
                (key, name, issue.opened, issue.closed, issue.times, issue.by_hand)
                for key, item in moved.items()
                for name in item.touched
                for issue in (item.issues[name],)
            ),
        )
        self._clear_buffers()

    def _clear_buffers(self) -> None:
        """Clear what was written; keep cached items up to a limit."""
        for key in self._changed_keys:
            self._items[key].touched.clear()
        if len(self._items) > _MAX_CACHED_ITEMS:
            self._items.clear()
        self._events.clear()
        self._stages.clear()
        self._changed_keys.clear()
        for buffer in (self._tallies, self._steps, self._sizes, self._sessions, self._current):
            buffer.clear()


def _sum_over_span(tallies: Mapping[TallyKey, float], span: int) -> Mapping[TallyKey, float]:
    """Add up totals of quarters of an hour over a longer span.

    The span is identified by the number of its first quarter.
    """
    if span == 1:
        return tallies
    sums: defaultdict[TallyKey, float] = defaultdict(float)
    for (slot, measure, what), amount in tallies.items():
        sums[slot - slot % span, measure, what] += amount
    return sums


def _get_repairs(event: dict[str, Any]) -> dict[str, int]:
    """Return the numbers of repairs in a settle event by kind.

    Invalid values are ignored, because a worker may store anything under that name.
    """
    value = event.get("repairs")
    return {} if not isinstance(value, dict) else {k: n for k, n in value.items() if type(n) is int}


def _iter_statuses(event: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the key and the new status of each item in an event; "" if the status is unchanged."""
    keys = [event["item"]] if "item" in event else event.get("items", ())
    # Older records do not contain the state.
    usual = event.get("state") or _IMPLIED_STATES.get(event["op"], "")
    states = event.get("states") or [usual] * len(keys)
    yield from zip(keys, states, strict=True)
    yield from zip(event.get("items_back", ()), event.get("states_back", ()), strict=False)


def _build_event_row(event: dict[str, Any], moves: tuple[int, int, int]) -> tuple[Any, ...]:
    get, repairs = event.get, _get_repairs(event)
    return (
        *(event["seq"], event["time"], event["op"], get("session"), get("item"), get("state")),
        *(get("seconds"), get("by_hand", False), *moves, get("auto_fixed")),
        *(msgspec.json.encode(repairs).decode() if repairs else None, get("error")),
    )


def _time_to_slot(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp()) // SLOT
