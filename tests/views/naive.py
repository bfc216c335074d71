"""The numbers of a report, counted a second way: from the lines of the history, one after another.

Nothing of the package is used, so that no mistake of it can be shared. It is slow and plain: every
question reads the whole history again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

AMOUNTS = (  # that a settle may hold
    *("tracks", "seconds", "requests", "hits", "waited"),
    *("albums_matched", "albums_tied", "albums_unsure", "albums_unknown", "fields_filled"),
)

Line = dict[str, Any]
Moments = tuple[datetime, datetime]
Kept = dict[int, set[str] | None]  # by number of a line, the items of it that count; None: all


@dataclass
class PeriodCounts:
    """What happened in a span of time, and how things stood at its end."""

    completed: int = 0
    again: int = 0
    failed: int = 0
    skipped: int = 0
    by_hand: int = 0
    vanished: int = 0
    reappeared: int = 0
    progress: int = 0
    new: Counter[str] = field(default_factory=Counter)
    regressed: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    returned: Counter[str] = field(default_factory=Counter)
    reverted: Counter[str] = field(default_factory=Counter)
    reopened: Counter[str] = field(default_factory=Counter)
    amounts: dict[str, float] = field(default_factory=dict)
    invested: float = 0.0
    sessions: int = 0
    done: int = 0
    total: int | None = None
    open: Counter[str] = field(default_factory=Counter)
    gains: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def found(self) -> int:
        fresh = self.repaired.total() - self.mended.total()
        return self.new.total() + self.regressed.total() + fresh - self.undone

    @property
    def resolved(self) -> int:
        return self.closed.total() + self.repaired.total() - self.mended.total() - self.undone

    @property
    def undone(self) -> int:
        repairs = self.reverted & (self.repaired - self.mended)
        return repairs.total() + (self.reopened & self.closed).total()


@dataclass
class Item:
    """An item as the lines up to one moment leave it."""

    status: str = "pending"
    ever: bool = False
    open: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    @property
    def shown(self) -> set[str]:
        """Its open issues; a skipped item's do not count."""
        return set() if self.status == "skipped" else self.open


@dataclass
class Session:
    """One run of a batch or of a user's command."""

    lines: list[Line]

    @property
    def times(self) -> Moments:
        moments = [moment(line) for line in self.lines]
        ends = [line for line in self.lines if line["op"] == "end"]
        measured = timedelta(seconds=ends[-1].get("seconds", 0) if ends else 0)
        return min(moments), min(moments) + measured if measured else max(moments)

    @property
    def seconds(self) -> float:
        """What it says itself, or from its first line to its last."""
        for line in self.lines:
            if line["op"] == "end" and "seconds" in line:
                return float(line["seconds"])
        moments = [moment(line) for line in self.lines]
        return (max(moments) - min(moments)).total_seconds()

    @property
    def settled(self) -> int:
        return sum(line["op"] == "settle" for line in self.lines)

    @property
    def is_batch(self) -> bool:
        return not any(line.get("command") for line in self.lines)


def moment(line: Line) -> datetime:
    return datetime.fromisoformat(line["time"])


def span(first: date, days: int, zone: ZoneInfo) -> Moments:
    """Return when a day, or some, begin and end, by the clocks on the walls of a zone."""
    last = first + timedelta(days)
    begin, end = (datetime(time.year, time.month, time.day, tzinfo=zone) for time in (first, last))
    return begin.astimezone(UTC), end.astimezone(UTC)


def mondays(first: datetime, last: datetime, zone: ZoneInfo) -> list[date]:
    """List the Mondays of all weeks from one moment to another."""
    day, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    while day.isoweekday() != 1:
        day -= timedelta(1)
    return [day + timedelta(7 * number) for number in range((end - day).days // 7 + 1)]


class Ledger:
    """All lines of a history, and those of them that count today."""

    def __init__(self, folder: Path) -> None:
        texts = [
            text
            for path in (folder / "history").iterdir()
            for text in path.read_text().splitlines()
        ]
        self.lines: list[Line] = sorted(map(json.loads, texts), key=lambda line: line["seq"])
        self.counting = _counting(self.lines)

    def told(self, begin: datetime, end: datetime) -> PeriodCounts:
        """Count what happened from one moment to before another."""
        result = PeriodCounts()
        before, after = self.items(begin), self.items(end)
        result.done = _done(after)
        result.progress = result.done - _done(before)
        result.open = _kinds([key for item in after.values() for key in item.shown])
        for line, key, old, new in self.steps():
            if begin <= moment(line) < end:
                _move(result, old, new)
                _settle(result, line, key, old, new)
        result.gains = _ranked(result.gains)
        known, away = self._total(end), sum(line.status == "skipped" for line in after.values())
        result.total = None if known is None else max(result.done, known - away)
        times = [session.times for session in self.sessions() if _meets(session.times, begin, end)]
        result.sessions = len(times)
        result.invested = _union([(max(a, begin), min(b, end)) for a, b in times])
        return result

    def items(self, end: datetime) -> dict[str, Item]:
        """Return all items as they were at a moment."""
        found: dict[str, Item] = {}
        for line, key, _, new in self.steps():
            if moment(line) < end:
                found[key] = new
        return found

    def steps(self) -> Iterator[tuple[Line, str, Item, Item]]:
        """Give each line that changes an item: the line, the item, how it was, how it became."""
        items: dict[str, Item] = {}
        for line in self.counting:
            for old_key, new_key in line.get("renamed", {}).items():
                items[new_key] = items.pop(old_key, Item())
                yield line, old_key, Item("forgotten"), Item("forgotten")
            for key, state in _statuses(line):
                if key in line.get("renamed", {}):
                    continue
                if line["op"] == "forget":
                    yield line, key, items.pop(key, Item()), Item("forgotten")
                    continue
                old = items.get(key, Item())
                status = state or old.status
                new = Item(status, old.ever or status == "completed", old.open, old.seen)
                if "open_ids" in line:
                    new.open = set(line["open_ids"])
                    new.seen = old.seen | new.open
                items[key] = new
                yield line, key, old, new

    def _total(self, end: datetime) -> int | None:
        known = [(moment(line), line["known"]) for line in self.counting if "known" in line]
        earlier = [number for at, number in known if at < end]
        return earlier[-1] if earlier else known[0][1] if known else None

    def sessions(self) -> list[Session]:
        """List all sessions, also those whose work a restore undid: it took its time."""
        found: dict[str, list[Session]] = {}
        for line in self.lines:
            if name := line.get("session"):
                if line["op"] == "start" or name not in found:
                    found.setdefault(name, []).append(Session([]))
                found[name][-1].lines.append(line)
        return [one for some in found.values() for one in some]

    def pace(self, most: int = 10) -> tuple[int, float, int]:
        """Add up the settled items and the seconds of the last batches."""
        batches = [session for session in self.sessions() if session.is_batch and session.settled]
        batches.sort(key=lambda one: (max(map(moment, one.lines)), one.lines[0]["session"]))
        last = batches[-most:]
        times = [(line.times[0], line.times[0] + timedelta(seconds=line.seconds)) for line in last]
        return sum(line.settled for line in last), _union(times), len(last)

    def estimate(self, now: datetime, left: int) -> tuple[float, float] | None:
        """Return the days that an estimate goes by, and how many more days the rest takes.

        It counts from the beginning of a quarter of an hour, as the index keeps its sums.
        """
        age = now - min(map(moment, self.counting))
        days = min(28.0, age.total_seconds() / 86400)
        begin = now.astimezone(UTC) - timedelta(days)
        begin -= timedelta(minutes=begin.minute % 15, seconds=begin.second)
        done = sum(
            line["op"] == "settle"
            and line["state"] == "completed"
            and not line.get("by_hand")
            and moment(line) >= begin
            for line in self.counting
        )
        return (days, days * left / done) if days >= 7 and done and left else None


def _counting(lines: list[Line]) -> list[Line]:
    """Choose the lines that led to the queue of today.

    A restore goes back to what counted at the change that it names; a replay takes items of what
    the restore before it undid up again.
    """
    by_number = {line["seq"]: line for line in lines}
    at: dict[int, Kept] = {0: {}}  # what counted after each change
    now: Kept = {}
    for line in lines:
        if undone := line.get("undone"):
            now = at[max(seq for seq in at if seq < undone[0])]
        if redone := line.get("redone"):
            first, last = redone
            then = at[max(seq for seq in at if seq <= last)]
            lost = {seq: keys for seq, keys in then.items() if seq >= first}
            now = {**now, **_widened(now, lost, set(line["items_back"]))}
        now = {**now, line["seq"]: None}
        at[line["seq"]] = now
    counting = (_narrowed(by_number[seq], now[seq]) for seq in sorted(now))
    return [line for line in counting if line]


def _widened(now: Kept, lost: Kept, back: set[str]) -> Kept:
    """Return which items of lost lines count again, next to those that count of them already."""
    found: Kept = {}
    for seq, keys in lost.items():
        here = now.get(seq, set())
        found[seq] = None if here is None else here | (back if keys is None else keys & back)
    return found


def _narrowed(line: Line, wanted: set[str] | None) -> Line | None:
    """Return what a line says of some items, or of all; None where that is nothing."""
    if wanted is None:
        return line
    if "item" in line:
        return line if line["item"] in wanted else None
    pairs = [pair for pair in _statuses(line) if pair[0] in wanted]
    names = ("items_back", "states_back") if "items_back" in line else ("items", "states")
    told = dict(zip(names, map(list, zip(*pairs, strict=True)), strict=False))
    return {**line, **told} if pairs else None


def _statuses(line: Line) -> list[tuple[str, str]]:
    """Return the items of a line, each with the status that it got, "" for the one it had."""
    if "items_back" in line:
        return list(zip(line["items_back"], line["states_back"], strict=True))
    keys = [line["item"]] if "item" in line else line.get("items", [])
    states = line["states"] if "states" in line else [line.get("state", "")] * len(keys)
    return list(zip(keys, states, strict=True))


def _move(result: PeriodCounts, old: Item, new: Item) -> None:
    """Count issues that left with an item, or came back with it."""
    if old.status != "skipped" and new.status == "skipped":
        result.vanished += 1
        result.left += _kinds(old.open)
    if old.status == "skipped" and new.status not in ("skipped", "forgotten"):
        result.reappeared += 1
        result.returned += _kinds(old.open)


def _settle(result: PeriodCounts, line: Line, key: str, old: Item, new: Item) -> None:
    if line["op"] != "settle":
        return
    gone: set[str] = set()
    if "open_ids" in line:
        gone = old.open - new.open
        result.new += _kinds(new.open - old.seen)
        result.regressed += _kinds((new.open & old.seen) - old.open)
        result.closed += _kinds(gone)
        if line.get("by_hand"):
            result.reverted += _kinds(new.open - old.seen)
            result.reopened += _kinds((new.open & old.seen) - old.open)
    repairs = Counter({} if line.get("by_hand") else line.get("repairs", {}))
    result.mended += _kinds(gone) & repairs
    if line["state"] == "completed":
        others = _kinds(gone) - repairs
        result.gains.append((key, line.get("auto_fixed", 0), others.total()))
    if line.get("by_hand"):
        result.by_hand += 1
        return
    result.completed += line["state"] == "completed"
    result.again += line["state"] == "completed" and old.ever
    result.failed += line["state"] == "error"
    result.skipped += line["state"] == "skipped"
    result.repaired += Counter(line.get("repairs", {}))
    for name, value in line.items():
        if name in AMOUNTS:
            result.amounts[name] = result.amounts.get(name, 0) + value


def _ranked(gains: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Add the gains of each item up; the greatest first."""
    sums: dict[str, tuple[int, int]] = {}
    for key, fixed, closed in gains:
        old = sums.get(key, (0, 0))
        sums[key] = (old[0] + fixed, old[1] + closed)
    found = [(key, fixed, closed) for key, (fixed, closed) in sums.items() if fixed or closed]
    return sorted(found, key=lambda one: (-one[1], -one[2], one[0]))


def _done(items: dict[str, Item]) -> int:
    return sum(item.status == "completed" for item in items.values())


def _kinds(ids: Any) -> Counter[str]:
    return Counter(mbid.split(":")[0] for mbid in ids)


def _meets(times: Moments, begin: datetime, end: datetime) -> bool:
    first, last = times
    return first < end and (last > begin or first == begin)


def _union(times: list[Moments]) -> float:
    """Return how many seconds are in at least one of the spans: cut at all edges, and look."""
    edges = sorted({edge for time in times for edge in time})
    return sum(
        (b - a).total_seconds()
        for a, b in pairwise(edges)
        if any(first <= a and b <= last for first, last in times)
    )
