"""How an event of the history enters the index: what it adds to tallies, items and sessions."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from mediakeep.item import Status
from mediakeep.queue.schema import SLOT, SPANS, Issue, Session, Standing

_HELD = 20_000  # events that are held before they are written
_KEPT = 100_000  # items that are kept in memory
_TOLD = frozenset(  # numbers that are told better by the ids of issues, or are no sums
    {"seq", "issues_found", "issues_resolved", "auto_fixed", "manual_reviews", "notes"}
)
_USUAL = {"reset": str(Status.PENDING), "mark": str(Status.COMPLETED)}
_MORE = " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount"


Key = tuple[int, str, str]  # slot, measure, what


class Poster:
    """Adds events to an open index, in their order; nothing is written before `flush`."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._events: list[tuple[Any, ...]] = []
        self._tallies: defaultdict[Key, float] = defaultdict(float)
        self._steps: dict[int, int] = {}
        self._sizes: dict[int, int] = {}
        self._items: dict[str, Standing] = {}
        self._moved: set[str] = set()  # of these, what is not written yet
        self._sessions: dict[tuple[str, int], Session] = {}
        self._current: dict[str, int] = {}  # by name, the change that its session began with

    def post(self, event: dict[str, Any]) -> None:
        """Add an event."""
        self.attend(event)
        slot = _slot(event["time"])
        moves = (0, 0, 0)
        if event["op"] == "settle" and "item" in event:
            moves = self._settle(event, slot)
        else:
            self._move(event, slot)
        if "known" in event:
            self._sizes[slot] = event["known"]
        self._events.append(_row(event, moves))
        if len(self._events) > _HELD:
            self.flush()

    def attend(self, event: dict[str, Any]) -> None:
        """Note that a session was at work; that holds also of what a restore undid."""
        name = event.get("session")
        if not name:
            return
        time = event["time"]
        session = self._session(name, event)
        session.first, session.last = min(session.first, time), max(session.last, time)
        session.settled += event["op"] == "settle"
        session.command = event.get("command", session.command)
        if event["op"] == "end":
            session.seconds = event.get("seconds")

    def _session(self, name: str, event: dict[str, Any]) -> Session:
        """Return the session of an event: a new one at its start, else the last of that name."""
        if event["op"] == "start":
            self._current[name] = event["seq"]
        elif name not in self._current:
            query = "SELECT began, first, last, seconds, command, settled FROM session"
            query += " WHERE id = ? ORDER BY began DESC LIMIT 1"
            row = self._base.execute(query, (name,)).fetchone()
            found = Session(*row) if row else Session(event["seq"], event["time"], event["time"])
            self._current[name] = found.began
            self._sessions[name, found.began] = found
        key = name, self._current[name]
        if key not in self._sessions:
            self._sessions[key] = Session(key[1], event["time"], event["time"])
        return self._sessions[key]

    def _settle(self, event: dict[str, Any], slot: int) -> tuple[int, int, int]:
        item, state = self._item(event["item"]), event.get("state", "")
        before = item.ever
        self._stand(item, state, slot)
        by_hand = event.get("by_hand", False)
        self._tallies[slot, "by_hand" if by_hand else "settled", state] += 1
        if not by_hand:
            self._sum(event, slot)
        moves = self._compare(item, event, slot) if "open_ids" in event else (0, 0, 0)
        if state == Status.COMPLETED:
            if before and not by_hand:
                self._tallies[slot, "again", state] += 1
            item.ever = True
        return moves

    def _sum(self, event: dict[str, Any], slot: int) -> None:
        for name, value in event.items():
            if type(value) in (int, float) and name not in _TOLD:
                self._tallies[slot, "sum", name] += value
        for kind, count in _repairs(event).items():
            self._tallies[slot, "repaired", kind] += count

    def _move(self, event: dict[str, Any], slot: int) -> None:
        """Take the statuses that a change gave to items."""
        if event.get("anew"):
            self._begin_anew(slot)
        if event["op"] == "forget":
            self._forget_items([key for key, _ in _statuses(event)], slot)
            return
        for old, new in event.get("renamed", {}).items():
            self._rename(old, new)
        for key, state in _statuses(event):
            if state:
                item = self._item(key)
                self._stand(item, state, slot)
                item.ever |= state == Status.COMPLETED

    def _forget_items(self, keys: Sequence[str], slot: int) -> None:
        """Remove items that were away; their events stay."""
        self.flush()
        self._items.clear()
        for key in keys:
            query = "SELECT count(*) FROM item WHERE item = ? AND away"
            self._tallies[slot, "forgotten", ""] += self._base.execute(query, (key,)).fetchone()[0]
            self._drop(key)

    def _drop(self, key: str) -> None:
        for table in ("item", "issue"):
            self._base.execute(f"DELETE FROM {table} WHERE item = ?", (key,))

    def _rename(self, old: str, new: str) -> None:
        """Let what is known of an item be that of its new name, with its issues since when."""
        self.flush()
        self._items.clear()
        self._drop(new)
        for table in ("item", "issue"):
            self._base.execute(f"UPDATE {table} SET item = ? WHERE item = ?", (new, old))

    def _begin_anew(self, slot: int) -> None:
        """Forget all items, which leave with their issues: a queue was made anew."""
        self.flush()
        self._items.clear()
        query = "SELECT count(*) FROM item WHERE away"
        self._tallies[slot, "forgotten", ""] += self._base.execute(query).fetchone()[0]
        for (key,) in self._base.execute("SELECT item FROM item WHERE NOT away").fetchall():
            item = self._item(key)
            self._stand(item, Status.PENDING, slot)
            self._count(slot, "left", item.open)
        self._moved.clear()
        self._items.clear()
        for table in ("item", "issue"):
            self._base.execute(f"DELETE FROM {table}")

    def _stand(self, item: Standing, state: str, slot: int) -> None:
        done, away = state == Status.COMPLETED, state == Status.SKIPPED
        if step := done - item.done:
            self._tallies[slot, "done", ""] += step
            self._steps[slot] = self._steps.get(slot, 0) + step
        if away != item.away:
            measure = "left" if away else "returned"
            self._tallies[slot, "vanished" if away else "reappeared", ""] += 1
            self._count(slot, measure, item.open)
        item.done, item.away = done, away

    def _compare(self, item: Standing, event: dict[str, Any], slot: int) -> tuple[int, int, int]:
        """Note which issues of an item are open now; count the new, the closed and the returned."""
        seq, now, known = event["seq"], set(event["open_ids"]), item.issues
        new = now - known.keys()
        gone = [name for name, one in known.items() if one.closed is None and name not in now]
        back = [name for name in now & known.keys() if known[name].closed is not None]
        for name in gone:
            known[name].closed = seq
        for name in back:
            known[name].closed, known[name].times = None, known[name].times + 1
        known.update((name, Issue(seq)) for name in new)
        item.touched.update(new, gone, back)
        for measure, names in (("opened", new), ("closed", gone), ("regressed", back)):
            self._count(slot, measure, names)
        return len(new), len(gone) - self._mend(event, gone, slot), len(back)

    def _mend(self, event: dict[str, Any], gone: Collection[str], slot: int) -> int:
        """Count those of the closed issues that a batch repaired, which else would count twice."""
        repairs = {} if event.get("by_hand") else _repairs(event)
        kinds = Counter(name.partition(":")[0] for name in gone) if repairs else {}
        mended = {kind: min(count, repairs.get(kind, 0)) for kind, count in kinds.items()}
        for kind, count in mended.items():
            if count:
                self._tallies[slot, "mended", kind] += count
        return sum(mended.values())

    def _count(self, slot: int, measure: str, ids: Collection[str]) -> None:
        for name in ids:
            self._tallies[slot, measure, name.partition(":")[0]] += 1

    def _item(self, key: str) -> Standing:
        item = self._items.get(key)
        self._moved.add(key)
        if item is None:
            query = "SELECT done, ever, away FROM item WHERE item = ?"
            row = self._base.execute(query, (key,)).fetchone()
            item = self._items[key] = Standing()
            if row:
                item.done, item.ever, item.away = map(bool, row)
                query = "SELECT id, opened, closed, times FROM issue WHERE item = ?"
                rows = self._base.execute(query, (key,)).fetchall()
                item.issues = {name: Issue(*rest) for name, *rest in rows}
        return item

    def flush(self) -> None:
        """Write what is held."""
        add, moved = self._base.executemany, {key: self._items[key] for key in self._moved}
        add(f"INSERT OR IGNORE INTO event VALUES({','.join('?' * 14)})", self._events)
        sums: Mapping[Key, float] = self._tallies
        for span in SPANS:
            sums = _summed(sums, span)
            rows = ((*key, amount) for key, amount in sums.items() if amount)
            add(f"INSERT INTO tally VALUES({span}, ?, ?, ?, ?){_MORE}", rows)
        add(f"INSERT INTO step VALUES(?, ?){_MORE}", self._steps.items())
        add("INSERT OR REPLACE INTO size VALUES(?, ?)", self._sizes.items())
        add(
            "INSERT OR REPLACE INTO session VALUES(?, ?, ?, ?, ?, ?, ?)",
            (
                (one.began, name, one.first, one.last, one.seconds, one.command, one.settled)
                for (name, _), one in self._sessions.items()
            ),
        )
        add(
            "INSERT OR REPLACE INTO item VALUES(?, ?, ?, ?)",
            ((key, one.done, one.ever, one.away) for key, one in moved.items()),
        )
        add(
            "INSERT OR REPLACE INTO issue VALUES(?, ?, ?, ?, ?)",
            (
                (key, name, issue.opened, issue.closed, issue.times)
                for key, one in moved.items()
                for name in one.touched
                for issue in (one.issues[name],)
            ),
        )
        self._forget()

    def _forget(self) -> None:
        """Let go of what is written, but for items as long as there is room: they come again."""
        for key in self._moved:
            self._items[key].touched.clear()
        if len(self._items) > _KEPT:
            self._items.clear()
        self._events.clear()
        self._moved.clear()
        for held in (self._tallies, self._steps, self._sizes, self._sessions, self._current):
            held.clear()


def _summed(tallies: Mapping[Key, float], span: int) -> Mapping[Key, float]:
    """Add up tallies over a longer span, each named by the first slot in it."""
    if span == 1:
        return tallies
    sums: defaultdict[Key, float] = defaultdict(float)
    for (slot, measure, what), amount in tallies.items():
        sums[slot - slot % span, measure, what] += amount
    return sums


def _repairs(event: dict[str, Any]) -> dict[str, int]:
    """Return the repairs of a settle by kind; a worker may tell anything by that name."""
    told = event.get("repairs")
    return {} if not isinstance(told, dict) else {k: n for k, n in told.items() if type(n) is int}


def _statuses(event: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the items of a change with the status that it gave them, "" for none."""
    keys = [event["item"]] if "item" in event else event.get("items", ())
    # Older records do not tell the state.
    usual = event.get("state") or _USUAL.get(event["op"], "")
    states = event.get("states") or [usual] * len(keys)
    yield from zip(keys, states, strict=True)
    yield from zip(event.get("items_back", ()), event.get("states_back", ()), strict=False)


def _row(event: dict[str, Any], moves: tuple[int, int, int]) -> tuple[Any, ...]:
    get, repairs = event.get, _repairs(event)
    return (
        *(event["seq"], event["time"], event["op"], get("session"), get("item"), get("state")),
        *(get("seconds"), get("by_hand", False), *moves, get("auto_fixed")),
        *(msgspec.json.encode(repairs).decode() if repairs else None, get("error")),
    )


def _slot(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp()) // SLOT
