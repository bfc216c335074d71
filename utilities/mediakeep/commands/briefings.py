"""Reports on days and weeks, collected from the queue and history of every kind."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from mediakeep import clock, kinds
from mediakeep.commands import subjects
from mediakeep.errors import BadTemplate, NoQueue
from mediakeep.kinds import Kind
from mediakeep.queue import index, past, reading
from mediakeep.queue.state import State
from mediakeep.views import periods, review, summary
from mediakeep.views.periods import DAY, WEEK, Period, Zone
from mediakeep.views.report import briefing, decisions, filing, present, progress
from mediakeep.views.report.briefing import Briefing
from mediakeep.views.report.decisions import Listed, Remedies
from mediakeep.views.report.present import Moment
from mediakeep.views.report.progress import Findings, Progress
from mediakeep.views.summary import Account, View
from mediakeep.views.sums import Sums

GAINS = 5  # items with the largest gains that are listed


class Desk(msgspec.Struct, frozen=True):
    """The home, the time and the time zone of reports."""

    home: Path
    now: datetime
    zone: Zone = None

    def period(self, days: int) -> Period:
        """Return the current day or week."""
        return periods.of(self.now, days, self.zone)


def gather(context: Desk, period: Period) -> Briefing | None:
    """Collect a report; None if no kind's history goes back to the period."""
    view = View(context.now, context.zone, period)
    parts: list[Progress] = []
    accounts: list[Account] = []
    for kind in kinds.KINDS.values():
        with contextlib.suppress(NoQueue):
            account, part = _progress(context, kind, view)
            accounts.append(account)
            parts += [part] if part else []
    if not parts:
        return None
    local = context.now.astimezone(context.zone)
    running = period.first <= local.date() <= period.last
    return briefing.of(summary.of(accounts, view), parts, local, running=running)


def _progress(context: Desk, kind: Kind, view: View) -> tuple[Account, Progress | None]:
    folder, period = subjects.folder(context.home, kind), view.last
    queue = reading.whole(folder, kind)
    state = queue.state
    query = partial(_asked, state=state, view=view)
    account, findings = index.ask(folder, query, queue.records)
    spans = account.spans(period.days)
    if not spans or spans[-1].period != period:
        return account, None
    if context.now >= period.shifted(1).end:  # the current state says nothing about that time
        return account, progress.of(account, spans, findings, None)
    subject = subjects.of(kind)
    remedies = Remedies(partial(subject.accepting, context.home), subject.advice)
    with contextlib.suppress(OSError):  # if it cannot be written, the existing list is used
        entries = review.careful(subject.entries(context.home), [])  # a batch warns of damage
        review.update(context.home, folder, state, entries)
    waiting = decisions.read(
        Listed(context.home, kind.name), findings.opened, remedies, context.zone
    )
    now = present.of(Moment(context.home, state, context.now), account, waiting, findings.failed)
    return account, progress.of(account, spans, findings, now)


def _asked(base: sqlite3.Connection, state: State, view: View) -> tuple[Account, Findings]:
    """Query the history for all data of a report."""
    begin, end = clock.text(view.last.start), clock.text(view.last.end)
    gains, failed = past.gains(base, begin, end, GAINS), past.failed(base, begin, end)
    account = summary.account_from(base, state, view, Sums(state))
    return account, Findings(gains, failed, past.opened(base))


def first(context: Desk) -> datetime | None:
    """Return the earliest time in any kind's history, or None."""
    times = []
    for kind in kinds.KINDS.values():
        folder = subjects.folder(context.home, kind)
        if folder.is_dir():
            times.append(index.ask(folder, past.since))
    return min((datetime.fromisoformat(time) for time in times if time), default=None)


def write_due(context: Desk, formats: Sequence[str], *, daily: bool) -> Iterator[str]:
    """Write due reports, and yield warnings.

    If the user's template is invalid, the built-in one is used.
    """
    since = first(context)
    if since is None:
        return
    for days in (WEEK, *([DAY] if daily else [])):
        begin = periods.of(since, days, context.zone)
        for period in filing.due(context.home, context.period(days), begin, context.now):
            if report := gather(context, period):
                yield from _write(context.home, report, formats)


def _write(home: Path, report: Briefing, formats: Sequence[str]) -> Iterator[str]:
    try:
        filing.write(home, report, formats)
    except BadTemplate as error:
        filing.write(home, report, formats, own=False)
        yield f"{error} The report was written with that one."
