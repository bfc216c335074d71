"""One summary of all queues, which every view uses, so that no two views disagree."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from mediakeep import clock, kinds
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue.history import index, queries
from mediakeep.queue.history.queries import SessionSpan, Throughput
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.state import QueueState, percentage
from mediakeep.views import period_stats, periods, stage_status
from mediakeep.views.period_stats import PeriodStats
from mediakeep.views.periods import DAY, WEEK, Period, TimeZone
from mediakeep.views.running_totals import RunningTotals
from mediakeep.views.stage_status import StageStatus

TREND_WEEKS = 8  # weeks in a trend
ESTIMATE_DAYS = 28  # days that an estimate is based on


class FailedItem(msgspec.Struct, frozen=True):
    """A failed item: its error, when it failed, how often it was tried, and the next attempt."""

    item: str
    error: str
    date: str
    attempts: int
    next_try: str  # "" if it is not retried automatically
    reason: str = ""  # the error without the item's names, to group equal errors
    stage: str | UnsetType = UNSET  # in which it failed; unset for kinds without stages
    name: str | UnsetType = UNSET  # for display; unset if the key is a name

    @property
    def title(self) -> str:
        """The name of the item, or its key."""
        return self.item if self.name is UNSET else self.name


class QueueStatus(msgspec.Struct, frozen=True):
    """The current state of a queue: counts of items and issues, items per hour, and time left."""

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
    unsure: int = 0  # of the completed lookups: ambiguous, for the user to decide
    unknown: int = 0  # of the completed lookups: unknown to the service
    tallies: dict[str, int] = {}  # other sums over completed items, by kinds.ItemCounter
    stages: StageStatus | UnsetType = UNSET  # unset for kinds without stages and waits
    sources: int | UnsetType = UNSET  # of all items, without those that are the same; for jobs

    @property
    def items_left(self) -> int:
        """The number of items still to be processed."""
        return self.counts[Status.PENDING] + self.counts[Status.IN_PROGRESS]

    @property
    def is_finished(self) -> bool:
        """Return whether nothing is left to process, neither now nor by an automatic retry."""
        return bool(self.total) and not self.items_left and not self.waiting


_REVIEW_FIELDS = (
    *("issues", "notes", "reviews", "fixed"),
    *("awaiting", "looked_up", "unsure", "unknown"),
)


def build_status_data(status: QueueStatus) -> dict[str, Any]:
    """Return a status as plain data; jobs have no issues, reviews and lookups."""
    data: dict[str, Any] = msgspec.to_builtins(status)
    omitted = _REVIEW_FIELDS if kinds.get_kind(status.kind).stages else ()
    return {name: value for name, value in data.items() if name not in omitted}


class CompletionEstimate(msgspec.Struct, frozen=True):
    """The day on which a queue is expected to be completed, at the pace of the last days."""

    per_week: float  # items completed per seven days
    days: int  # number of days that the pace is based on
    date: str  # expected day, such as 2026-03-14


class KindSummary(msgspec.Struct, frozen=True):
    """The state of one queue, and statistics of its last weeks and days, newest last."""

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
        """Return the statistics by week if `days` is 7, or by day if it is 1."""
        return self.weeks if days == WEEK else self.days

    def is_running(self, period: Period) -> bool:
        """Return whether a period is not over yet."""
        return period.first <= self.today <= period.last


class Summary(msgspec.Struct, frozen=True):
    """The summaries of all queues at one moment."""

    written: str
    period: Period  # the reported period, the last of `weeks` or `days`
    kinds: list[KindSummary]

    def seconds_invested(self, period: Period) -> float:
        """Return the seconds of a period in which at least one session was running."""
        times = [period_stats.clip_sessions(kind.sessions, period) for kind in self.kinds]
        return queries.sum_covered_seconds([span for ranges in times for span in ranges])

    @property
    def whole_history(self) -> Period | None:
        """The time from the first day of the history to the end of the period, or None."""
        starts = [kind.since for kind in self.kinds if kind.since]
        if not starts:
            return None
        first = datetime.fromisoformat(min(starts)).astimezone(self.period.zone).date()
        return Period(first, (self.period.last - first).days + 1, self.period.zone)


class SummaryContext(msgspec.Struct, frozen=True):
    """What a summary depends on: the current moment, the time zone, and the last period."""

    now: datetime
    zone: TimeZone = None
    period: Period | None = None  # None for the current week

    @property
    def last_period(self) -> Period:
        """The last period that the summary includes."""
        return self.period or periods.period_at(self.now, WEEK, self.zone)


def build_summary(summaries: list[KindSummary], context: SummaryContext) -> Summary:
    """Combine the summaries of all queues into one."""
    return Summary(clock.format_iso(context.now), context.last_period, summaries)


def read_queue_status(
    folder: Path, state: QueueState, tail: Sequence[JournalRecord] = ()
) -> QueueStatus:
    """Return the current state of a queue, with a pace computed from its history.

    `tail` are the newest journal records, which the history does not contain yet.
    """
    pace = index.query_history_index(folder, queries.read_throughput, tail, state.kind)
    return build_queue_status(state, pace)


def summarize_with_index(
    connection: sqlite3.Connection,
    state: QueueState,
    context: SummaryContext,
    totals: RunningTotals,
) -> KindSummary:
    """Return the summary of a queue; `connection` is its open history index."""
    today = context.now.astimezone(context.zone).date()
    day = Period(min(context.last_period.last, today), DAY, context.zone)
    week = periods.period_at(day.start, WEEK, context.zone)
    weeks = week.shift(1 - TREND_WEEKS).list_until(week)
    pace = queries.read_throughput(connection)
    now, since = build_queue_status(state, pace, totals), queries.read_first_time(connection)
    return KindSummary(
        status=now,
        today=today,
        weeks=_within_history(period_stats.compute_stats(connection, weeks), since),
        days=_within_history(
            period_stats.compute_stats(connection, day.shift(1 - WEEK).list_until(day)), since
        ),
        estimate=_estimate_completion(connection, now, context),
        failed_items=list_failed_items(state.kind, totals),
        sessions=queries.read_sessions(connection, ""),
        completed_by_day=[
            step
            for step in _completed_by_day(connection, context.zone)
            if step[0] <= f"{day.first}"
        ],
        since=since,
        pace=pace,
    )


def _within_history(spans: list[PeriodStats], since: str) -> list[PeriodStats]:
    """Leave out periods that end before the history begins."""
    return [span for span in spans if since and clock.format_iso(span.period.end) > since]


def _completed_by_day(connection: sqlite3.Connection, zone: TimeZone) -> list[tuple[str, int]]:
    """Return each day on which the number of completed items changed, with that number."""
    by_day: dict[str, int] = {}
    completed = 0
    for slot, more in queries.read_completed_steps(connection):
        completed += more
        by_day[f"{queries.slot_start(slot).astimezone(zone).date()}"] = completed
    return list(by_day.items())


def _estimate_completion(
    connection: sqlite3.Connection, now: QueueStatus, context: SummaryContext
) -> CompletionEstimate | None:
    """Estimate when a queue is completed; return None if nothing is left or too little is known."""
    since = queries.read_first_time(connection)
    if not (now.items_left and since):
        return None
    age = (context.now - datetime.fromisoformat(since)).total_seconds() / 86400
    days = min(float(ESTIMATE_DAYS), age)
    if days < WEEK:
        return None
    begin = period_stats.history_slot_at(context.now - timedelta(days))
    totals = queries.read_totals(connection, begin, period_stats.history_slot_at(context.now) + 1)
    done = sum(
        tally.amount for tally in totals if (tally.measure, tally.what) == ("settled", "completed")
    )
    if not done:
        return None
    rest = timedelta(days * now.items_left / done)
    end = (context.now + min(rest, timedelta(36500))).astimezone(context.zone).date()
    return CompletionEstimate(round(7 * done / days, 1), round(days), f"{end}")


def build_queue_status(
    state: QueueState, pace: Throughput, totals: RunningTotals | None = None
) -> QueueStatus:
    """Return the current state of a queue; if `totals` is None, all items are counted."""
    totals = totals or RunningTotals(state)
    left = state.counts[Status.PENDING] + state.counts[Status.IN_PROGRESS]
    total = len(state.items) - state.counts[Status.SKIPPED]
    rate = pace.per_hour
    paths = [
        item.path
        for item in (state.items.values() if state.kind.stages else ())
        if item.path and item.status is not Status.SKIPPED
    ]
    return QueueStatus(
        kind=state.kind.name,
        noun=state.kind.noun,
        plural=state.kind.plural,
        piece=state.kind.part_noun,
        library=state.head.library_path,
        total=total,
        counts={status.value: state.counts[status] for status in Status},
        percentage=percentage(state.counts[Status.COMPLETED], total),
        issues=totals.issues,
        notes=totals.notes,
        reviews=totals.reviews,
        fixed=totals.fixed,
        waiting=totals.waiting,
        next_retry=totals.next_retry,
        outdated=totals.outdated,
        per_hour=rate,
        seconds_left=3600 * left / rate if rate else None,
        last_updated=state.head.last_updated,
        awaiting=totals.pending_lookups,
        looked_up=totals.looked_up,
        unsure=totals.unsure,
        unknown=totals.unknown,
        tallies=totals.tallies,
        stages=stage_status.build_stage_status(state, totals)
        if state.kind.stages or totals.parked_items
        else UNSET,
        sources=len(set(paths)) if state.kind.stages else UNSET,
    )


def list_failed_items(kind: Kind, totals: RunningTotals) -> list[FailedItem]:
    """List the failed items of a queue, newest failure first."""
    failed = [
        FailedItem(
            item=key,
            error=item.error_message,
            reason=_shared_reason(key, item),
            date=item.error_date,
            attempts=stage_status.count_attempts(kind, item),
            next_try=item.not_before,
            stage=kind.get_stage(item) if kind.stages else UNSET,
            name=item.name or UNSET,
        )
        for key, item in totals.failed_items.items()
    ]
    return sorted(failed, key=lambda failure: (failure.date, failure.item), reverse=True)


def _shared_reason(key: str, item: Item) -> str:
    """Return an item's error without the item's own names, so that equal errors can be grouped."""
    reason = item.error_message
    for name in sorted({key, item.path, item.output_name} - {""}, key=len, reverse=True):
        reason = reason.replace(name, "...")
    return reason
