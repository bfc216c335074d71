"""What happened in a span of time, and how things stood at its end; told by the history alone."""

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
    """What happened: items by batches, issues by kind, and the time that was given to it."""

    completed: int = 0  # items that batches completed, each time that they did
    again: int = 0  # those of them that had been completed before
    failed: int = 0  # tries that failed
    skipped: int = 0
    by_hand: int = 0  # items that a person's command read again
    vanished: int = 0  # items that were no longer there
    reappeared: int = 0
    progress: int = 0  # completed items at the end, less those at the beginning
    new: Counts = {}  # issues seen for the first time, that wait for a person
    regressed: Counts = {}  # that had been closed and came back
    closed: Counts = {}  # that waited for a person, and are gone
    repaired: Counts = {}  # that batches repaired
    mended: Counts = {}  # those that are both: they waited, until a batch repaired them
    left: Counts = {}  # that waited for a person when their item vanished
    returned: Counts = {}  # whose item came back
    amounts: dict[str, float] = {}  # sums of what settles tell besides: tracks, requests...
    invested: float = 0.0  # seconds in which at least one session was at work
    sessions: int = 0

    @property
    def found(self) -> int:
        """Issues that were found, whether repaired at once or left for a person."""
        return sum(map(_total, (self.new, self.regressed, self.repaired))) - _total(self.mended)

    @property
    def resolved(self) -> int:
        """Issues that were repaired or are gone."""
        return _total(self.closed) + _total(self.repaired) - _total(self.mended)

    @property
    def settled(self) -> int:
        """Issues that waited, and are gone."""
        return _total(self.closed)


class Level(msgspec.Struct, frozen=True):
    """How things stood at a moment."""

    completed: int
    total: int | None  # items that the library had; None: not known
    open: Counts  # issues by kind


class Span(msgspec.Struct, frozen=True):
    """A period, what happened in it, and how things stood at its end, or now while it runs."""

    period: Period
    flow: Flow
    level: Level


def spans(base: sqlite3.Connection, periods: Sequence[Period]) -> list[Span]:
    """Tell what happened in periods that follow one another."""
    if not periods:
        return []
    begin = slot(periods[0].start)
    before = past.sums(base, 0, begin)
    completed, open_ones, away = _progress(before), _open(before), _away(before)
    sizes, found = past.sizes(base), []
    sittings = past.sittings(base, clock.text(periods[0].start))
    for period in periods:
        sums = past.sums(base, slot(period.start), slot(period.end))
        completed += _progress(sums)
        open_ones.update(_open(sums))
        away += _away(sums)
        size = _size(sizes, slot(period.end))
        total = None if size is None else max(completed, size - away)
        level = Level(completed, total, _ranked(open_ones))
        found.append(Span(period, _flow(sums, sittings, period), level))
    return found


def slot(moment: datetime) -> int:
    """Return the slot of the index that a moment falls into."""
    return past.slot(moment.timestamp())


def _progress(sums: Iterable[Tally]) -> int:
    return int(sum(one.amount for one in sums if one.measure == "done"))


def _away(sums: Iterable[Tally]) -> int:
    """Sum up by how many the items that the library no longer has became more or fewer."""
    return int(sum(_AWAY.get(one.measure, 0) * one.amount for one in sums))


def _open(sums: Iterable[Tally]) -> Counter[str]:
    """Sum up by how many the open issues of each kind became more or fewer."""
    found: Counter[str] = Counter()
    for one in sums:
        found[one.what] += _OPEN.get(one.measure, 0) * int(one.amount)
    return found


def _size(sizes: Sequence[tuple[int, int]], before: int) -> int | None:
    """Return the number of items before a slot; the first that is known goes for all before it."""
    known = [items for at, items in sizes if at < before] or [items for _, items in sizes[:1]]
    return known[-1] if known else None


def _flow(sums: Sequence[Tally], sittings: Sequence[Sitting], period: Period) -> Flow:
    def counts(measure: str) -> Counts:
        found = {one.what: int(one.amount) for one in sums if one.measure == measure}
        return _ranked(Counter(found))

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
        amounts={one.what: _plain(one.amount) for one in sums if one.measure == "sum"},
        invested=past.union(times),
        sessions=len(times),
    )


def _plain(amount: float) -> float:
    """Return a count as the whole number that it is."""
    return int(amount) if amount.is_integer() else amount


def _ranked(counts: Counter[str]) -> Counts:
    """Return counts that are not 0, most first."""
    chosen = [(kind, count) for kind, count in counts.items() if count]
    return dict(sorted(chosen, key=lambda entry: (-entry[1], entry[0])))


def _total(counts: Counts) -> int:
    return sum(counts.values())


Times = list[tuple[float, float]]  # seconds since 1970, from and to


def within(sittings: Iterable[Sitting], period: Period) -> Times:
    """Cut out of sessions the time that lies in a period; those without any are left out."""
    begin, end = period.start.timestamp(), period.end.timestamp()
    found = []
    for one in sittings:
        first = _seconds(one.first)
        last = first + one.seconds if one.seconds else _seconds(one.last)
        if first < end and (last > begin or first >= begin):
            found.append((max(first, begin), min(last, end)))
    return found


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
