"""One summary of all kinds, shared by all views, so that no two can disagree."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from mediakeep import clock
from mediakeep.item import Item, Status
from mediakeep.queue import index, past
from mediakeep.queue.journal import Record
from mediakeep.queue.past import Pace, Sitting
from mediakeep.queue.reading import Found
from mediakeep.queue.state import State, percentage
from mediakeep.views import flows, periods
from mediakeep.views.flows import Span
from mediakeep.views.periods import DAY, WEEK, Period, Zone
from mediakeep.views.sums import Sums

WEEKS = 8  # weeks in a trend
BASIS = 28  # days that an estimate is based on


class Trouble(msgspec.Struct, frozen=True):
    """A failed item: error, time, number of attempts, and time of the next attempt."""

    item: str
    error: str
    date: str
    attempts: int
    next_try: str  # "" if it is not retried automatically
    reason: str = ""  # the error without the item's names, to group equal errors


class Standing(msgspec.Struct, frozen=True):
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
    def left(self) -> int:
        """The number of items still to be processed."""
        return self.counts[Status.PENDING] + self.counts[Status.IN_PROGRESS]

    @property
    def finished(self) -> bool:
        """Whether nothing is left to process, now or by an automatic retry."""
        return bool(self.total) and not self.left and not self.waiting


class Estimate(msgspec.Struct, frozen=True):
    """The expected completion date at the pace of the last days."""

    per_week: float  # items completed per seven days
    days: int  # number of days that the pace is based on
    date: str  # expected day, such as 2026-03-14


class Account(msgspec.Struct, frozen=True):
    """The status of a kind, and its last weeks and days, newest last."""

    standing: Standing
    today: date
    weeks: list[Span]
    days: list[Span]
    estimate: Estimate | None
    troubles: list[Trouble]  # newest first
    sittings: list[Sitting]  # all sessions, by start time
    steps: list[tuple[str, int]]  # completed items at the end of each day with a change
    since: str  # time of the first history entry, or "" if there is none
    pace: Pace

    def spans(self, days: int) -> list[Span]:
        """Return the stats by week or by day."""
        return self.weeks if days == WEEK else self.days

    def is_running(self, period: Period) -> bool:
        """Return whether a period is not over yet."""
        return period.first <= self.today <= period.last


class Summary(msgspec.Struct, frozen=True):
    """All kinds at one moment."""

    written: str
    period: Period  # the reported period, the last of `weeks` or `days`
    accounts: list[Account]

    def invested(self, period: Period) -> float:
        """Return the seconds in which a session of any kind was running."""
        times = [flows.within(kind.sittings, period) for kind in self.accounts]
        return past.union([span for ranges in times for span in ranges])

    @property
    def ever(self) -> Period | None:
        """The time from the first known day to the end of the period."""
        starts = [kind.since for kind in self.accounts if kind.since]
        if not starts:
            return None
        first = datetime.fromisoformat(min(starts)).astimezone(self.period.zone).date()
        return Period(first, (self.period.last - first).days + 1, self.period.zone)


class View(msgspec.Struct, frozen=True):
    """The moment, the time zone, and the last period of a summary."""

    now: datetime
    zone: Zone = None
    period: Period | None = None  # None for the current week

    @property
    def last(self) -> Period:
        """The last period of the summary."""
        return self.period or periods.of(self.now, WEEK, self.zone)


def of(accounts: list[Account], view: View) -> Summary:
    """Summarise all kinds."""
    return Summary(clock.text(view.now), view.last, accounts)


def account(folder: Path, queue: Found, view: View) -> Account:
    """Summarize a queue and its history."""
    sums = Sums(queue.state)
    return index.ask(folder, lambda db: account_from(db, queue.state, view, sums), queue.records)


def read(folder: Path, state: State, tail: Sequence[Record] = ()) -> Standing:
    """Return the status of a queue, with the pace computed from its history.

    `tail` are the journal records that are not in the history yet.
    """
    return standing(state, index.ask(folder, past.pace, tail))


def account_from(base: sqlite3.Connection, state: State, view: View, sums: Sums) -> Account:
    """Summarize a queue and its history; `base` is the open history index."""
    today = view.now.astimezone(view.zone).date()
    day = Period(min(view.last.last, today), DAY, view.zone)
    week = periods.of(day.start, WEEK, view.zone)
    weeks = week.shifted(1 - WEEKS).until(week)
    pace = past.pace(base)
    now, since = standing(state, pace, sums), past.since(base)
    return Account(
        standing=now,
        today=today,
        weeks=_known(flows.spans(base, weeks), since),
        days=_known(flows.spans(base, day.shifted(1 - WEEK).until(day)), since),
        estimate=_estimate(base, now, view),
        troubles=troubles(sums),
        sittings=past.sittings(base, ""),
        steps=[step for step in _steps(base, view.zone) if step[0] <= f"{day.first}"],
        since=since,
        pace=pace,
    )


def _known(spans: list[Span], since: str) -> list[Span]:
    """Leave out the periods before the history begins."""
    return [span for span in spans if since and clock.text(span.period.end) > since]


def _steps(base: sqlite3.Connection, zone: Zone) -> list[tuple[str, int]]:
    """Return the number of completed items at the end of each day on which it changed."""
    by_day: dict[str, int] = {}
    completed = 0
    for slot, more in past.steps(base):
        completed += more
        by_day[f"{past.began(slot).astimezone(zone).date()}"] = completed
    return list(by_day.items())


def _estimate(base: sqlite3.Connection, now: Standing, view: View) -> Estimate | None:
    """Estimate the completion date; None if nothing is left or too little is known."""
    since = past.since(base)
    if not (now.left and since):
        return None
    age = (view.now - datetime.fromisoformat(since)).total_seconds() / 86400
    days = min(float(BASIS), age)
    if days < WEEK:
        return None
    begin = flows.slot(view.now - timedelta(days))
    sums = past.sums(base, begin, flows.slot(view.now) + 1)
    done = sum(
        tally.amount for tally in sums if (tally.measure, tally.what) == ("settled", "completed")
    )
    if not done:
        return None
    rest = timedelta(days * now.left / done)
    end = (view.now + min(rest, timedelta(36500))).astimezone(view.zone).date()
    return Estimate(round(7 * done / days, 1), round(days), f"{end}")


def standing(state: State, pace: Pace, sums: Sums | None = None) -> Standing:
    """Return the status of a queue; the totals are counted here if not given."""
    sums = sums or Sums(state)
    left = state.counts[Status.PENDING] + state.counts[Status.IN_PROGRESS]
    total = len(state.items) - state.counts[Status.SKIPPED]
    rate = pace.per_hour
    return Standing(
        kind=state.kind.name,
        noun=state.kind.noun,
        plural=state.kind.plural,
        piece=state.kind.piece,
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
        awaiting=sums.awaiting,
        looked_up=sums.looked_up,
        unsure=sums.unsure,
        unknown=sums.unknown,
        tallies=sums.tallies,
    )


def troubles(sums: Sums) -> list[Trouble]:
    """List the failed items, newest first."""
    failed = [
        Trouble(
            item=key,
            error=item.error_message,
            reason=_reason(key, item),
            date=item.error_date,
            attempts=_tries(item),
            next_try=item.not_before,
        )
        for key, item in sums.failed.items()
    ]
    return sorted(failed, key=lambda failure: (failure.date, failure.item), reverse=True)


def _reason(key: str, item: Item) -> str:
    """Return the error without the item's own names."""
    reason = item.error_message
    for name in sorted({key, item.path, item.output_name} - {""}, key=len, reverse=True):
        reason = reason.replace(name, "...")
    return reason


def _tries(item: Item) -> int:
    return item.attempts if isinstance(item.attempts, int) else sum(item.attempts.values())
