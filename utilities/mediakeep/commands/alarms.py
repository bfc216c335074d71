"""When a batch raises an alert: failures in a row, a damaged record, a finished library.

Each is raised once: a mark in the log of alerts tells this batch, and those that run beside it or
after it. No alert that fails ends a batch; what went wrong is a warning.
"""

from __future__ import annotations

import platform
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mediakeep import clock, config, files
from mediakeep.alerts import alert, notes, outbox
from mediakeep.alerts.alert import Alert, Event
from mediakeep.alerts.outbox import Job
from mediakeep.commands import streaks
from mediakeep.commands.alerting import Wanted
from mediakeep.commands.streaks import Streak
from mediakeep.errors import MediakeepError
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import State
from mediakeep.runner.plan import Report, Settled

_NEXT = {
    Event.FAILURES: "--list --status error",
    Event.DAMAGED: "--repair",
    Event.FINISHED: "--show-summary",
}


class Alarms:
    """Watches one batch, and tells whom the user wants told."""

    def __init__(
        self, home: Path, kind: Kind, wanted: Wanted, post: Callable[[Job], None] = outbox.post
    ) -> None:
        self._home, self._kind, self._wanted, self._post = home, kind, wanted, post
        self._streak = Streak()
        self._open = False
        self.troubles: list[str] = []

    def begun(self, queue: Queue) -> None:
        """Look how things stand before the first item."""
        if self._wanted.targets:
            self._streak = streaks.read(queue.where.folder, queue.state)
            self._open = is_open(queue.state)

    def settled(self, one: Settled, queue: Queue) -> None:
        """Hear what became of an item."""
        failed = one.outcome.state is Status.ERROR
        self._streak = self._streak.after(queue.state.items[one.key].settled, failed=failed)
        if failed and self._streak.failures >= self._wanted.after:
            self._failing(one, queue)

    def _failing(self, one: Settled, queue: Queue) -> None:
        count, reason = self._streak.failures, alert.line(one.outcome.message)
        name, session = files.printable(one.key), queue.session
        first = "" if count == 1 else f"The last {count} tries have failed. The newest: "
        self._raise(
            Event.FAILURES,
            f"{first}{name} has failed: {reason}",
            f"{queue.state.head.created} {self._streak.since}",
            failures=count,
            item=one.key,
            reason=reason,
            session=session.id if session else "",
            counts=_counts(queue.state),
        )

    def damaged(self, error: MediakeepError) -> None:
        """Hear that the record is damaged; the same damage is told once a day."""
        text = str(error)
        # Without numbers: each batch has a session and a place in a journal of its own.
        digest = f"{zlib.crc32(re.sub(r'[0-9]+', '#', text).encode()):08x}"
        reason = alert.line(text)
        message = f"The record of {self._kind.plural} is damaged or cannot be written: {reason}"
        self._raise(Event.DAMAGED, message, f"{clock.now():%Y-%m-%d} {digest}", reason=reason)

    def ended(self, report: Report, queue: Queue) -> None:
        """Hear what the batch came to; it finishes a library where it leaves nothing open."""
        state = queue.state
        if not (self._open and report.done) or is_open(state):
            return
        counts, last = _counts(state), max(item.settled for item in state.items.values())
        rest = [f"{counts[one]:,} {word}" for one, word in _LEFT.items() if counts.get(one)]
        done = f"{counts.get(Status.COMPLETED, 0):,} of {len(state.items):,} {self._kind.plural}"
        self._raise(
            Event.FINISHED,
            f"The {self._kind.name} library is finished: {', '.join([f'{done} are done', *rest])}.",
            f"{state.head.created} {last}",
            session=report.session,
            counts=counts,
        )

    def _raise(self, event: Event, message: str, mark: str, **facts: Any) -> None:
        """Note an alert and hand it over, unless it bears a mark that was noted before."""
        if not self._wanted.targets:
            return
        one = Alert(
            event=event,
            kind=self._kind.name,
            host=platform.node(),
            home=files.escape(self._home),
            time=clock.text(clock.now()),
            message=message,
            next=f"{config.spoken(self._kind.manager, self._home)} {_NEXT[event]}",
            facts=facts,
        )
        if self._is_new(one, f"{event.value} {self._kind.name} {mark}"):
            for target in self._wanted.targets:
                try:
                    self._post(outbox.job(one, target, self._home))
                except OSError as error:
                    why = f"The alert for {target.name} could not be sent: {error.strerror}."
                    self.troubles.append(why)

    def _is_new(self, one: Alert, mark: str) -> bool:
        """Note an alert; where the disk does not take the note, rather tell twice than never."""
        try:
            said, event = f"Alert raised: {one.message}", one.event.value
            return notes.first(notes.place(self._home), mark, said, event=event, kind=one.kind)
        except OSError:
            return True


_LEFT = {Status.ERROR: "failed for good", Status.SKIPPED: "skipped"}


def is_open(state: State) -> bool:
    """Tell whether anything is left to do: pending, in progress, or to be tried again."""
    if state.counts[Status.PENDING] or state.counts[Status.IN_PROGRESS]:
        return True
    items = state.items.values() if state.counts[Status.ERROR] else ()
    return any(item.status is Status.ERROR and item.not_before for item in items)


def _counts(state: State) -> dict[str, int]:
    return {status.value: state.counts[status] for status in Status if state.counts[status]}
