"""One summary of all kinds, shared by all views, so that no two can disagree."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from mediakeep import clock
from mediakeep.item import Item, Status
from mediakeep.queue.history import index, queries
from mediakeep.queue.history.queries import SessionSpan, Throughput
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.readonly import QueueView
from mediakeep.queue.state import QueueState, percentage
from mediakeep.views import period_stats, periods
from mediakeep.views.period_stats import PeriodStats
from mediakeep.views.periods import DAY, WEEK, Period, TimeZone
from mediakeep.views.running_totals import RunningTotals

TREND_WEEKS = 8  # weeks in a trend
ESTIMATE_DAYS = 28  # days that an estimate is based on


class FailedItem(msgspec.Struct, frozen=True):
    """A failed item: error, time, number of attempts, and time of the next attempt."""

    item: str
    error: str
    date: str
    attempts: int
    next_try: str  # "" if it is not retried automatically
    reason: str = ""  # the error without the item's names, to group equal errors


class QueueStatus(msgspec.Struct, frozen=True):
    """The state of a queue: counts of items and issues, items per hour, time left."""

    kind: str
    noun: str
    plural: str
    piece: str
    library: str
    total: int  # items, without the skipped ones
    counts: dict[str, int]
    percentage: float
    issues: dict[str, int]  # open issues by kind, most frequent first
    notes: int  # notes, which are not counted as issues
    reviews: int
    fixed: int
    waiting: int  # failed items to be retried
    next_retry: str  # time of the next retry, or ""
    outdated: int  # completed with an older version of the rules
    per_hour: float | None
    seconds_left: float | None
    last_updated: str
    awaiting: int = 0  # completed except for the lookup
    looked_up: int = 0  # completed lookups, whatever their result
    unsure: int = 0  # of these: ambiguous, for the user to decide
    unknown: int = 0  # of these: unknown to the service
    tallies: dict[str, int] = {}  # other sums over completed items, by kinds.Tally

    @property
    def items_left(self) -> int:
        """The number of items still to be processed."""
        return self.counts[Status.PENDING] + self.counts[Status.IN_PROGRESS]

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to process, now or by an automatic retry."""
        return bool(self.total) and not self.items_left and not self.waiting


class CompletionEstimate(msgspec.Struct, frozen=True):
    """The expected completion date at the pace of the last days."""

    per_week: float  # items completed per seven days
    days: int  # number of days that the pace is based on
    date: str  # expected day, such as 2026-03-14


class KindSummary(msgspec.Struct, frozen=True):
    """The status of a kind, and its last weeks and days, newest last."""

    status: QueueStatus
    today: date
    weeks: list[PeriodStats]
    days: list[PeriodStats]
    estimate: CompletionEstimate | None
    failed_items: list[FailedItem]  # newest first
    sessions: list[SessionSpan]  # all sessions, by start time
    completed_by_day: list[tuple[str, int]]  # completed items at the end of each day with a change
    since: str  # time of the first history entry, or "" if there is none
    pace: Throughput

    def stats_by(self, days: int) -> list[PeriodStats]:
        """Return the stats by week or by day."""
        return self.weeks if days == WEEK else self.days

    def is_running(self, period: Period) -> bool:
        """Return whether a period is not over yet."""
        return period.first <= self.today <= period.last


class Summary(msgspec.Struct, frozen=True):
    """All kinds at one moment."""

    written: str
    period: Period  # the reported period, the last of `weeks` or `days`
    kinds: list[KindSummary]

    def seconds_invested(self, period: Period) -> float:
        """Return the seconds in which a session of any kind was running."""
        times = [period_stats.clip_sessions(kind.sessions, period) for kind in self.kinds]
        return queries.covered_seconds([span for ranges in times for span in ranges])

    @property
    def whole_history(self) -> Period | None:
        """The time from the first known day to the end of the period."""
        starts = [kind.since for kind in self.kinds if kind.since]
        if not starts:
            return None
        first = datetime.fromisoformat(min(starts)).astimezone(self.period.zone).date()
        return Period(first, (self.period.last - first).days + 1, self.period.zone)


class SummaryContext(msgspec.Struct, frozen=True):
    """The moment, the time zone, and the last period of a summary."""

    now: datetime
    zone: TimeZone = None
    period: Period | None = None  # None for the current week

    @property
    def last_period(self) -> Period:
        """The last period of the summary."""
        return self.period or periods.period_at(self.now, WEEK, self.zone)


def build_summary(accounts: list[KindSummary], view: SummaryContext) -> Summary:
    """Summarise all kinds."""
    return Summary(clock.format_iso(view.now), view.last_period, accounts)


def summarize_queue(folder: Path, queue: QueueView, view: SummaryContext) -> KindSummary:
    """Summarize a queue and its history."""
    sums = RunningTotals(queue.state)
    return index.run_query(
        folder, lambda db: summarize_with_index(db, queue.state, view, sums), queue.records
    )


def read_status(folder: Path, state: QueueState, tail: Sequence[JournalRecord] = ()) -> QueueStatus:
    """Return the status of a queue, with the pace computed from its history.

    `tail` are the journal records that are not in the history yet.
    """
    return build_status(state, index.run_query(folder, queries.read_throughput, tail))


def summarize_with_index(
    base: sqlite3.Connection, state: QueueState, view: SummaryContext, sums: RunningTotals
) -> KindSummary:
    """Summarize a queue and its history; `base` is the open history index."""
    today = view.now.astimezone(view.zone).date()
    day = Period(min(view.last_period.last, today), DAY, view.zone)
    week = periods.period_at(day.start, WEEK, view.zone)
    weeks = week.shift(1 - TREND_WEEKS).list_until(week)
    pace = queries.read_throughput(base)
    now, since = build_status(state, pace, sums), queries.read_first_time(base)
    return KindSummary(
        status=now,
        today=today,
        weeks=_within_history(period_stats.compute_stats(base, weeks), since),
        days=_within_history(
            period_stats.compute_stats(base, day.shift(1 - WEEK).list_until(day)), since
        ),
        estimate=_estimate_completion(base, now, view),
        failed_items=list_failed_items(sums),
        sessions=queries.read_sessions(base, ""),
        completed_by_day=[
            step for step in _completed_by_day(base, view.zone) if step[0] <= f"{day.first}"
        ],
        since=since,
        pace=pace,
    )


def _within_history(spans: list[PeriodStats], since: str) -> list[PeriodStats]:
    """Leave out the periods before the history begins."""
    return [span for span in spans if since and clock.format_iso(span.period.end) > since]


def _completed_by_day(base: sqlite3.Connection, zone: TimeZone) -> list[tuple[str, int]]:
    """Return the number of completed items at the end of each day on which it changed."""
    by_day: dict[str, int] = {}
    completed = 0
    for slot, more in queries.read_completed_steps(base):
        completed += more
        by_day[f"{queries.slot_start(slot).astimezone(zone).date()}"] = completed
    return list(by_day.items())


def _estimate_completion(
    base: sqlite3.Connection, now: QueueStatus, view: SummaryContext
) -> CompletionEstimate | None:
    """Estimate the completion date; None if nothing is left or too little is known."""
    since = queries.read_first_time(base)
    if not (now.items_left and since):
        return None
    age = (view.now - datetime.fromisoformat(since)).total_seconds() / 86400
    days = min(float(ESTIMATE_DAYS), age)
    if days < WEEK:
        return None
    begin = period_stats.slot_at(view.now - timedelta(days))
    sums = queries.read_totals(base, begin, period_stats.slot_at(view.now) + 1)
    done = sum(
        tally.amount for tally in sums if (tally.measure, tally.what) == ("settled", "completed")
    )
    if not done:
        return None
    rest = timedelta(days * now.items_left / done)
    end = (view.now + min(rest, timedelta(36500))).astimezone(view.zone).date()
    return CompletionEstimate(round(7 * done / days, 1), round(days), f"{end}")


def build_status(
    state: QueueState, pace: Throughput, sums: RunningTotals | None = None
) -> QueueStatus:
    """Return the status of a queue; the totals are counted here if not given."""
    sums = sums or RunningTotals(state)
    left = state.counts[Status.PENDING] + state.counts[Status.IN_PROGRESS]
    total = len(state.items) - state.counts[Status.SKIPPED]
    rate = pace.per_hour
    return QueueStatus(
        kind=state.kind.name,
        noun=state.kind.noun,
        plural=state.kind.plural,
        piece=state.kind.part_noun,
        library=state.head.library_path,
        total=total,
        counts={status.value: state.counts[status] for status in Status},
        percentage=percentage(state.counts[Status.COMPLETED], total),
        issues=sums.issues,
        notes=sums.notes,
        reviews=sums.reviews,
        fixed=sums.fixed,
        waiting=sums.waiting,
        next_retry=sums.next_retry,
        outdated=sums.outdated,
        per_hour=rate,
        seconds_left=3600 * left / rate if rate else None,
        last_updated=state.head.last_updated,
        awaiting=sums.pending_lookups,
        looked_up=sums.looked_up,
        unsure=sums.unsure,
        unknown=sums.unknown,
        tallies=sums.tallies,
    )


def list_failed_items(sums: RunningTotals) -> list[FailedItem]:
    """List the failed items, newest first."""
    failed = [
        FailedItem(
            item=key,
            error=item.error_message,
            reason=_shared_reason(key, item),
            date=item.error_date,
            attempts=_count_attempts(item),
            next_try=item.not_before,
        )
        for key, item in sums.failed_items.items()
    ]
    return sorted(failed, key=lambda failure: (failure.date, failure.item), reverse=True)


def _shared_reason(key: str, item: Item) -> str:
    """Return the error without the item's own names."""
    reason = item.error_message
    for name in sorted({key, item.path, item.output_name} - {""}, key=len, reverse=True):
        reason = reason.replace(name, "...")
    return reason


def _count_attempts(item: Item) -> int:
    return item.attempts if isinstance(item.attempts, int) else sum(item.attempts.values())
