"""Reports on days and weeks: gathered from every kind's queue and history, and written."""

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

GAINS = 5  # items that gained most, that are named


class Desk(msgspec.Struct, frozen=True):
    """Where and when reports are written, and in which time zone days begin."""

    home: Path
    now: datetime
    zone: Zone = None

    def period(self, days: int) -> Period:
        """Return the day or week that runs."""
        return periods.of(self.now, days, self.zone)


def gather(desk: Desk, period: Period) -> Briefing | None:
    """Gather a report; None where no kind has a history that goes back to that period."""
    view = View(desk.now, desk.zone, period)
    told: list[Progress] = []
    accounts: list[Account] = []
    for kind in kinds.KINDS.values():
        with contextlib.suppress(NoQueue):
            account, one = _progress(desk, kind, view)
            accounts.append(account)
            told += [one] if one else []
    if not told:
        return None
    local = desk.now.astimezone(desk.zone)
    running = period.first <= local.date() <= period.last
    return briefing.of(summary.of(accounts, view), told, local, running=running)


def _progress(desk: Desk, kind: Kind, view: View) -> tuple[Account, Progress | None]:
    folder, period = subjects.folder(desk.home, kind), view.last
    queue = reading.whole(folder, kind)
    state = queue.state
    asked = partial(_asked, state=state, view=view)
    account, found = index.ask(folder, asked, queue.records)
    spans = account.spans(period.days)
    if not spans or spans[-1].period != period:
        return account, None
    if desk.now >= period.shifted(1).end:  # what is true today says nothing of that time
        return account, progress.of(account, spans, found, None)
    subject = subjects.of(kind)
    remedies = Remedies(partial(subject.accepting, desk.home), subject.advice)
    with contextlib.suppress(OSError):  # it may not be written: then it is told as it stands
        entries = review.careful(subject.entries(desk.home), [])  # a batch warns of damage
        review.update(desk.home, folder, state, entries)
    waiting = decisions.read(Listed(desk.home, kind.name), found.opened, remedies, desk.zone)
    now = present.of(Moment(desk.home, state, desk.now), account, waiting, found.failed)
    return account, progress.of(account, spans, found, now)


def _asked(base: sqlite3.Connection, state: State, view: View) -> tuple[Account, Findings]:
    """Ask the history for all that a report tells."""
    begin, end = clock.text(view.last.start), clock.text(view.last.end)
    gains, failed = past.gains(base, begin, end, GAINS), past.failed(base, begin, end)
    account = summary.account_from(base, state, view, Sums(state))
    return account, Findings(gains, failed, past.opened(base))


def first(desk: Desk) -> datetime | None:
    """Return the first moment that any kind's history knows; None where there is none."""
    found = []
    for kind in kinds.KINDS.values():
        folder = subjects.folder(desk.home, kind)
        if folder.is_dir():
            found.append(index.ask(folder, past.since))
    return min((datetime.fromisoformat(one) for one in found if one), default=None)


def write_due(desk: Desk, formats: Sequence[str], *, daily: bool) -> Iterator[str]:
    """Write the reports that are due, and give what a person should know of that.

    A person's own template that is wrong costs nobody a report: ours is used instead.
    """
    since = first(desk)
    if since is None:
        return
    for days in (WEEK, *([DAY] if daily else [])):
        begin = periods.of(since, days, desk.zone)
        for period in filing.due(desk.home, desk.period(days), begin, desk.now):
            if told := gather(desk, period):
                yield from _write(desk.home, told, formats)


def _write(home: Path, told: Briefing, formats: Sequence[str]) -> Iterator[str]:
    try:
        filing.write(home, told, formats)
    except BadTemplate as error:
        filing.write(home, told, formats, own=False)
        yield f"{error} The report was written with that one."
