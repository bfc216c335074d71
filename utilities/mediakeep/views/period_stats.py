"""Compute what happened in a period, and the state at its end, from the history alone."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from mediakeep import clock
from mediakeep.counts import rank_counts
from mediakeep.queue.history import queries, stage_queries
from mediakeep.queue.history.queries import MeasureTotal, SessionSpan
from mediakeep.views.periods import Period

CountsByKind = dict[str, int]

_COUNTED_BY_KIND = (
    *("regressed", "closed", "repaired", "mended", "left", "returned"),
    *("reverted", "reopened"),
)
_AWAY_CHANGES = {"vanished": 1, "reappeared": -1, "forgotten": -1}
_OPEN_CHANGES = {"opened": 1, "regressed": 1, "returned": 1, "closed": -1, "left": -1}


class PeriodTotals(msgspec.Struct, frozen=True):
    """What happened in a period: items completed by batches, issues by kind, and time spent."""

    completed: int = 0  # completions by batches; repeated ones count each time
    again: int = 0  # completions of items that had been completed before
    failed: int = 0  # failed attempts
    skipped: int = 0
    by_hand: int = 0  # items reread by a user's command
    vanished: int = 0  # items no longer in the library
    reappeared: int = 0
    progress: int = 0  # completed items at the end, minus those at the start
    new: CountsByKind = {}  # issues seen for the first time and left open
    regressed: CountsByKind = {}  # issues that were closed before and are found again
    closed: CountsByKind = {}  # issues that were open and have disappeared
    repaired: CountsByKind = {}  # issues repaired by batches
    mended: CountsByKind = {}  # open issues that batches repaired, also counted in both above
    left: CountsByKind = {}  # issues that were open when their item vanished
    returned: CountsByKind = {}  # open issues of items that came back
    reverted: CountsByKind = {}  # the part of `new` that appeared after a user's command
    reopened: CountsByKind = {}  # the part of `regressed` that appeared after one, such as an undo
    amounts: dict[str, float] = {}  # other sums: tracks, requests...; and the peak memory
    invested: float = 0.0  # seconds with at least one session running
    sessions: int = 0

    @property
    def found(self) -> int:
        """The number of issues found in the period, whether repaired at once or left open."""
        raw = _sum_counts(self.new) + _sum_counts(self.regressed) + self.repaired_at_once
        return raw - _sum_counts(self.undone_answers)

    @property
    def resolved(self) -> int:
        """The number of issues that were repaired or disappeared in the period, and stayed so."""
        return self.settled + self.repaired_at_once

    @property
    def settled(self) -> int:
        """The number of issues that were open and are not open any more."""
        return _sum_counts(self.closed) - _sum_counts(self.undone_answers)

    @property
    def repaired_at_once(self) -> int:
        """The number of issues that batches repaired when they found them."""
        return _sum_counts(self.fresh_repairs) - _sum_counts(self.undone_repairs)

    @property
    def undone(self) -> int:
        """The number of issues that were resolved and, by a command of the user, are open again."""
        return _sum_counts(self.undone_answers) + _sum_counts(self.undone_repairs)

    @property
    def fresh_repairs(self) -> CountsByKind:
        """The issues that batches repaired when they found them, undone or not."""
        return {kind: count - self.mended.get(kind, 0) for kind, count in self.repaired.items()}

    @property
    def undone_answers(self) -> CountsByKind:
        """The issues that were open, disappeared, and are open again by a command of the user."""
        return _get_common(self.reopened, self.closed)

    @property
    def undone_repairs(self) -> CountsByKind:
        """The issues of `fresh_repairs` that are open by a command of the user."""
        return _get_common(self.reverted, self.fresh_repairs)


class PeriodEndState(msgspec.Struct, frozen=True):
    """The number of items and open issues at the end of a period."""

    completed: int
    total: int | None  # items in the library, or None if unknown
    open: CountsByKind  # issues by kind


class PeriodStats(msgspec.Struct, frozen=True):
    """A period with its totals, and the state at its end, or now if the period is running."""

    period: Period
    flow: PeriodTotals
    level: PeriodEndState


def compute_stats(connection: sqlite3.Connection, periods: Sequence[Period]) -> list[PeriodStats]:
    """Return the statistics of consecutive periods, from the open history index."""
    if not periods:
        return []
    begin = history_slot_at(periods[0].start)
    before = queries.read_totals(connection, 0, begin)
    completed, open_issues, away = (
        _sum_progress(before),
        _count_open_changes(before),
        _sum_missing_changes(before),
    )
    sizes, stats = queries.read_queue_sizes(connection), []
    session_spans = queries.read_sessions(connection, clock.format_iso(periods[0].start))
    for period in periods:
        totals = queries.read_totals(
            connection, history_slot_at(period.start), history_slot_at(period.end)
        )
        completed += _sum_progress(totals)
        open_issues.update(_count_open_changes(totals))
        away += _sum_missing_changes(totals)
        size = _library_size_at(sizes, history_slot_at(period.end))
        total = None if size is None else max(completed, size - away)
        level = PeriodEndState(completed, total, _rank_counts(open_issues))
        flow = _compute_totals(totals, session_spans, period)
        begin_time, end_time = clock.format_iso(period.start), clock.format_iso(period.end)
        if peak := stage_queries.read_peak_memory(connection, begin_time, end_time):
            flow.amounts["peak_memory"] = peak
        stats.append(PeriodStats(period, flow, level))
    return stats


def count_initial_issues(connection: sqlite3.Connection, period: Period) -> CountsByKind:
    """Count the issues found when an item was read for the first time, by kind."""
    slots = history_slot_at(period.start), history_slot_at(period.end)
    totals = queries.read_totals(connection, *slots)
    return {tally.what: int(tally.amount) for tally in totals if tally.measure == "first"}


def history_slot_at(moment: datetime) -> int:
    """Return the number of the time slot in the history index that contains a moment."""
    return queries.slot_from_time(moment.timestamp())


def _sum_progress(totals: Iterable[MeasureTotal]) -> int:
    return int(sum(tally.amount for tally in totals if tally.measure == "done"))


def _sum_missing_changes(totals: Iterable[MeasureTotal]) -> int:
    """Return by how much the number of items missing from the library has changed."""
    return int(sum(_AWAY_CHANGES.get(tally.measure, 0) * tally.amount for tally in totals))


def _count_open_changes(totals: Iterable[MeasureTotal]) -> Counter[str]:
    """Return by how much the number of open issues of each kind has changed."""
    changes: Counter[str] = Counter()
    for tally in totals:
        changes[tally.what] += _OPEN_CHANGES.get(tally.measure, 0) * int(tally.amount)
    return changes


def _library_size_at(sizes: Sequence[tuple[int, int]], before: int) -> int | None:
    """Return the number of items in the library before a time slot, or None if never counted.

    Before the first count, return the first count.
    """
    counts = [items for at, items in sizes if at < before] or [items for _, items in sizes[:1]]
    return counts[-1] if counts else None


def _compute_totals(
    totals: Sequence[MeasureTotal], session_spans: Sequence[SessionSpan], period: Period
) -> PeriodTotals:
    def counts(measure: str) -> CountsByKind:
        amounts = {tally.what: int(tally.amount) for tally in totals if tally.measure == measure}
        return _rank_counts(Counter(amounts))

    settled = counts("settled")
    times = clip_sessions(session_spans, period)
    return PeriodTotals(
        completed=settled.get("completed", 0),
        again=_sum_counts(counts("again")),
        failed=settled.get("error", 0),
        skipped=settled.get("skipped", 0),
        by_hand=_sum_counts(counts("by_hand")),
        vanished=_sum_counts(counts("vanished")),
        reappeared=_sum_counts(counts("reappeared")),
        progress=_sum_progress(totals),
        new=counts("opened"),
        **{name: counts(name) for name in _COUNTED_BY_KIND},
        amounts={
            tally.what: _int_if_whole(tally.amount) for tally in totals if tally.measure == "sum"
        },
        invested=queries.sum_covered_seconds(times),
        sessions=len(times),
    )


def _int_if_whole(number: float) -> float:
    """Return a float as int if it has no fraction, else unchanged."""
    return int(number) if number.is_integer() else number


def _rank_counts(counts: Counter[str]) -> CountsByKind:
    """Return the counts other than zero, highest first."""
    return rank_counts({kind: count for kind, count in counts.items() if count})


def _sum_counts(counts: CountsByKind) -> int:
    return sum(counts.values())


def _get_common(some: CountsByKind, others: CountsByKind) -> CountsByKind:
    """Return what two counts have in common."""
    return {kind: min(count, others.get(kind, 0)) for kind, count in some.items()}


TimeRanges = list[tuple[float, float]]  # (start, end) in seconds since 1970


def clip_sessions(session_spans: Iterable[SessionSpan], period: Period) -> TimeRanges:
    """Return the parts of sessions that lie within a period, as (start, end) in Unix seconds."""
    begin, end = period.start.timestamp(), period.end.timestamp()
    ranges = []
    for session in session_spans:
        first = _to_timestamp(session.first)
        last = _to_timestamp(session.last) if session.seconds is None else first + session.seconds
        if first < end and (last > begin or first >= begin):
            ranges.append((max(first, begin), min(last, end)))
    return ranges


def _to_timestamp(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
