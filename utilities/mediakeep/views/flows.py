"""Totals of a period, and the state at its end, computed from the history alone."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from mediakeep import clock
from mediakeep.queue import past
from mediakeep.queue.past import Sitting, Tally
from mediakeep.views.periods import Period

Counts = dict[str, int]

_BY_KIND = "regressed", "closed", "repaired", "mended", "left", "returned"
_AWAY = {"vanished": 1, "reappeared": -1, "forgotten": -1}
_OPEN = {"opened": 1, "regressed": 1, "returned": 1, "closed": -1, "left": -1}


class Flow(msgspec.Struct, frozen=True):
    """Totals of a period: items completed by batches, issues by kind, time spent."""

    completed: int = 0  # completions by batches; repeated ones count each time
    again: int = 0  # of these: items that had been completed before
    failed: int = 0  # failed attempts
    skipped: int = 0
    by_hand: int = 0  # items reread by a user's command
    vanished: int = 0  # items no longer in the library
    reappeared: int = 0
    progress: int = 0  # completed items at the end, minus those at the start
    new: Counts = {}  # issues seen for the first time and left open
    regressed: Counts = {}  # closed before, found again
    closed: Counts = {}  # were open, now gone
    repaired: Counts = {}  # repaired by batches
    mended: Counts = {}  # counted in both: were open until a batch repaired them
    left: Counts = {}  # were open when their item vanished
    returned: Counts = {}  # open issues of items that came back
    amounts: dict[str, float] = {}  # other sums recorded by settles: tracks, requests...
    invested: float = 0.0  # seconds with at least one session running
    sessions: int = 0

    @property
    def found(self) -> int:
        """Issues found, whether repaired at once or left open."""
        return sum(map(_total, (self.new, self.regressed, self.repaired))) - _total(self.mended)

    @property
    def resolved(self) -> int:
        """Issues that were repaired or disappeared."""
        return _total(self.closed) + _total(self.repaired) - _total(self.mended)

    @property
    def settled(self) -> int:
        """Issues that were open and are gone."""
        return _total(self.closed)


class Level(msgspec.Struct, frozen=True):
    """The state at the end of a period."""

    completed: int
    total: int | None  # items in the library, or None if unknown
    open: Counts  # issues by kind


class Span(msgspec.Struct, frozen=True):
    """A period with its totals and its end state; the current state if it is still running."""

    period: Period
    flow: Flow
    level: Level


def spans(base: sqlite3.Connection, periods: Sequence[Period]) -> list[Span]:
    """Compute the stats of consecutive periods."""
    if not periods:
        return []
    begin = slot(periods[0].start)
    before = past.sums(base, 0, begin)
    completed, open_issues, away = _progress(before), _open(before), _away(before)
    sizes, stats = past.sizes(base), []
    sittings = past.sittings(base, clock.text(periods[0].start))
    for period in periods:
        sums = past.sums(base, slot(period.start), slot(period.end))
        completed += _progress(sums)
        open_issues.update(_open(sums))
        away += _away(sums)
        size = _size(sizes, slot(period.end))
        total = None if size is None else max(completed, size - away)
        level = Level(completed, total, _ranked(open_issues))
        stats.append(Span(period, _flow(sums, sittings, period), level))
    return stats


def slot(moment: datetime) -> int:
    """Return the history index slot of a moment."""
    return past.slot(moment.timestamp())


def _progress(sums: Iterable[Tally]) -> int:
    return int(sum(tally.amount for tally in sums if tally.measure == "done"))


def _away(sums: Iterable[Tally]) -> int:
    """Return the net change in the number of items missing from the library."""
    return int(sum(_AWAY.get(tally.measure, 0) * tally.amount for tally in sums))


def _open(sums: Iterable[Tally]) -> Counter[str]:
    """Return the net change in open issues by kind."""
    changes: Counter[str] = Counter()
    for tally in sums:
        changes[tally.what] += _OPEN.get(tally.measure, 0) * int(tally.amount)
    return changes


def _size(sizes: Sequence[tuple[int, int]], before: int) -> int | None:
    """Return the number of items before a slot; before the first count, that count."""
    counts = [items for at, items in sizes if at < before] or [items for _, items in sizes[:1]]
    return counts[-1] if counts else None


def _flow(sums: Sequence[Tally], sittings: Sequence[Sitting], period: Period) -> Flow:
    def counts(measure: str) -> Counts:
        amounts = {tally.what: int(tally.amount) for tally in sums if tally.measure == measure}
        return _ranked(Counter(amounts))

    settled = counts("settled")
    times = within(sittings, period)
    return Flow(
        completed=settled.get("completed", 0),
        again=_total(counts("again")),
        failed=settled.get("error", 0),
        skipped=settled.get("skipped", 0),
        by_hand=_total(counts("by_hand")),
        vanished=_total(counts("vanished")),
        reappeared=_total(counts("reappeared")),
        progress=_progress(sums),
        new=counts("opened"),
        **{name: counts(name) for name in _BY_KIND},
        amounts={tally.what: _plain(tally.amount) for tally in sums if tally.measure == "sum"},
        invested=past.union(times),
        sessions=len(times),
    )


def _plain(amount: float) -> float:
    """Return a whole number as int."""
    return int(amount) if amount.is_integer() else amount


def _ranked(counts: Counter[str]) -> Counts:
    """Return the nonzero counts, highest first."""
    chosen = [(kind, count) for kind, count in counts.items() if count]
    return dict(sorted(chosen, key=lambda entry: (-entry[1], entry[0])))


def _total(counts: Counts) -> int:
    return sum(counts.values())


Times = list[tuple[float, float]]  # (start, end) in seconds since 1970


def within(sittings: Iterable[Sitting], period: Period) -> Times:
    """Return the parts of sessions within a period; sessions outside it are left out."""
    begin, end = period.start.timestamp(), period.end.timestamp()
    ranges = []
    for session in sittings:
        first = _seconds(session.first)
        last = first + session.seconds if session.seconds else _seconds(session.last)
        if first < end and (last > begin or first >= begin):
            ranges.append((max(first, begin), min(last, end)))
    return ranges


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
