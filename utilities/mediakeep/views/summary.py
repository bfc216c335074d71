"""One summary of all kinds, from which every face is made, so that no two can disagree."""

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

WEEKS = 8  # that a trend shows
BASIS = 28  # days whose pace an estimate goes by


class Trouble(msgspec.Struct, frozen=True):
    """An item that failed: why, when, how often in a row, and when it is tried again."""

    item: str
    error: str
    date: str
    attempts: int
    next_try: str  # "" for never by itself
    reason: str = ""  # the error without what names the item, so that items can share it


class Standing(msgspec.Struct, frozen=True):
    """How a queue stands: counts of items and issues, the pace in items an hour, the time left."""

    kind: str
    noun: str
    plural: str
    piece: str
    library: str
    total: int  # of the items that count: not of those that are skipped
    counts: dict[str, int]
    percentage: float
    issues: dict[str, int]  # open issues by kind, most first
    notes: int  # found beside the issues
    reviews: int
    fixed: int
    waiting: int  # failed, to be tried again
    next_retry: str  # the time of the next such try, or ""
    outdated: int  # completed by older rules
    per_hour: float | None
    seconds_left: float | None
    last_updated: str
    awaiting: int = 0  # completed but for their look-up
    looked_up: int = 0  # completed with it, whatever it came to
    unsure: int = 0  # of these: which artist or the like it is, a person decides
    unknown: int = 0  # of these: the service does not know them
    tallies: dict[str, int] = {}  # sums of what completed items count besides, by kinds.Tally

    @property
    def left(self) -> int:
        """How many items are still to be done."""
        return self.counts[Status.PENDING] + self.counts[Status.IN_PROGRESS]

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be done, now or by itself later."""
        return bool(self.total) and not self.left and not self.waiting


class Estimate(msgspec.Struct, frozen=True):
    """When the rest will be done if the work goes on as it did in the last days."""

    per_week: float  # items completed in seven days
    days: int  # how many days that goes by
    date: str  # the day, as 2026-03-14


class Account(msgspec.Struct, frozen=True):
    """One kind: how it stands, and what happened in the last weeks and days, newest last."""

    standing: Standing
    today: date
    weeks: list[Span]
    days: list[Span]
    estimate: Estimate | None
    troubles: list[Trouble]  # newest first
    sittings: list[Sitting]  # all sessions, in the order of their starts
    steps: list[tuple[str, int]]  # completed items at the end of each day on which they changed
    since: str  # the first thing that the history knows, "" where it knows nothing
    pace: Pace

    def spans(self, days: int) -> list[Span]:
        """Return the weeks or the days."""
        return self.weeks if days == WEEK else self.days

    def is_running(self, period: Period) -> bool:
        """Tell whether a period is not over yet."""
        return period.first <= self.today <= period.last


class Summary(msgspec.Struct, frozen=True):
    """All kinds at one moment."""

    written: str
    period: Period  # the one that is told of, the last of `weeks` or `days`
    accounts: list[Account]

    def invested(self, period: Period) -> float:
        """Return the seconds in which any kind was worked on."""
        times = [flows.within(one.sittings, period) for one in self.accounts]
        return past.union([time for some in times for time in some])

    @property
    def ever(self) -> Period | None:
        """The time from the first day that is known up to the end of the period."""
        known = [one.since for one in self.accounts if one.since]
        if not known:
            return None
        first = datetime.fromisoformat(min(known)).astimezone(self.period.zone).date()
        return Period(first, (self.period.last - first).days + 1, self.period.zone)


class View(msgspec.Struct, frozen=True):
    """From when and where a summary looks: the moment, the time zone, and the last period shown."""

    now: datetime
    zone: Zone = None
    period: Period | None = None  # None: the week that runs

    @property
    def last(self) -> Period:
        """The last period shown."""
        return self.period or periods.of(self.now, WEEK, self.zone)


def of(accounts: list[Account], view: View) -> Summary:
    """Summarise all kinds."""
    return Summary(clock.text(view.now), view.last, accounts)


def account(folder: Path, found: Found, view: View) -> Account:
    """Summarise a queue as it was read, and its history."""
    sums = Sums(found.state)
    return index.ask(
        folder, lambda base: account_from(base, found.state, view, sums), found.records
    )


def read(folder: Path, state: State, tail: Sequence[Record] = ()) -> Standing:
    """Tell how a queue stands, with the pace that its history shows.

    `tail` are the records of its journal, which are not in the history yet.
    """
    return standing(state, index.ask(folder, past.pace, tail))


def account_from(base: sqlite3.Connection, state: State, view: View, sums: Sums) -> Account:
    """Summarise a queue, whose items add up to `sums`, and its history, whose index is open."""
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
    """Leave out the periods before the history begins: nothing is known of them."""
    return [span for span in spans if since and clock.text(span.period.end) > since]


def _steps(base: sqlite3.Connection, zone: Zone) -> list[tuple[str, int]]:
    """Return how many items were completed at the end of each day on which that changed."""
    found: dict[str, int] = {}
    completed = 0
    for slot, more in past.steps(base):
        completed += more
        found[f"{past.began(slot).astimezone(zone).date()}"] = completed
    return list(found.items())


def _estimate(base: sqlite3.Connection, now: Standing, view: View) -> Estimate | None:
    """Tell when the rest will be done; None where nothing is left, or too little is known."""
    since = past.since(base)
    if not (now.left and since):
        return None
    age = (view.now - datetime.fromisoformat(since)).total_seconds() / 86400
    days = min(float(BASIS), age)
    if days < WEEK:
        return None
    begin = flows.slot(view.now - timedelta(days))
    sums = past.sums(base, begin, flows.slot(view.now) + 1)
    done = sum(one.amount for one in sums if (one.measure, one.what) == ("settled", "completed"))
    if not done:
        return None
    rest = timedelta(days * now.left / done)
    end = (view.now + min(rest, timedelta(36500))).astimezone(view.zone).date()
    return Estimate(round(7 * done / days, 1), round(days), f"{end}")


def standing(state: State, pace: Pace, sums: Sums | None = None) -> Standing:
    """Tell how a queue stands; `sums` are what its items add up to, counted here if not given."""
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
    """List the items that failed, newest first."""
    found = [
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
    return sorted(found, key=lambda one: (one.date, one.item), reverse=True)


def _reason(key: str, item: Item) -> str:
    """Take the item's own names out of its error."""
    reason = item.error_message
    for name in sorted({key, item.path, item.output_name} - {""}, key=len, reverse=True):
        reason = reason.replace(name, "...")
    return reason


def _tries(item: Item) -> int:
    return item.attempts if isinstance(item.attempts, int) else sum(item.attempts.values())
