"""When a batch raises an alert: failures in a row, a damaged record, a finished library.

Each alert is raised once: a mark in the alert log tells this batch and all others. If a batch is
killed before it raises an alert, the next one does. A failing alert never ends a batch; it becomes
a warning.
"""

from __future__ import annotations

import platform
import re
import zlib
from collections.abc import Callable
from operator import attrgetter
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
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import State
from mediakeep.runner.plan import Report, Settled

_NEXT = {
    Event.FAILURES: "--list --status error",
    Event.DAMAGED: "--repair",
    Event.FINISHED: "--show-summary",
}
# Session ids and positions in a journal, which differ for each batch.
_OF_ITS_OWN = re.compile(r"-[0-9a-f]{16}|[0-9]+")


class Alarms:
    """Watches one batch, and sends alerts to the configured targets."""

    def __init__(
        self, home: Path, kind: Kind, wanted: Wanted, post: Callable[[Job], None] = outbox.post
    ) -> None:
        self._home, self._kind, self._wanted, self._post = home, kind, wanted, post
        self._streak = Streak()
        self._open = False  # whether items were open at the start
        self._done: set[tuple[Event, str]] = set()  # raised alerts, as the log may not be writable
        self.troubles: list[str] = []

    def begun(self, queue: Queue) -> None:
        """Called before the first item, with the open queue."""
        if self._wanted.targets:
            self._streak = streaks.read(queue.where.folder, queue.state)
            self._open = is_open(queue.state)
            if not self._open:
                self._finished(queue.state)

    def settled(self, settled: Settled, queue: Queue) -> None:
        """Called after each item is settled."""
        failed = settled.outcome.state is Status.ERROR
        self._streak = self._streak.after(queue.state.items[settled.key].settled, failed=failed)
        if failed and self._streak.failures >= self._wanted.after:
            self._failing(settled, queue)
        self._look(queue.state)

    def _failing(self, settled: Settled, queue: Queue) -> None:
        count, reason = self._streak.failures, alert.line(settled.outcome.message)
        name, session = files.printable(settled.key), queue.session
        first = "" if count == 1 else f"The last {count} attempts have failed. The newest: "
        self._raise(
            Event.FAILURES,
            f"{first}{name} has failed: {reason}",
            f"{queue.state.head.created} {self._streak.since}",
            failures=count,
            item=settled.key,
            reason=reason,
            session=session.id if session else "",
            counts=_counts(queue.state),
        )

    def damaged(self, error: MediakeepError) -> None:
        """Called if the record is damaged; the same damage is reported once a day."""
        text = str(error)
        digest = f"{zlib.crc32(_OF_ITS_OWN.sub('#', text).encode()):08x}"
        reason = alert.line(text)
        message = f"The record of {self._kind.plural} is damaged or cannot be written: {reason}"
        self._raise(Event.DAMAGED, message, f"{clock.now():%Y-%m-%d} {digest}", reason=reason)

    def ended(self, report: Report, queue: Queue) -> None:
        """Called at the end: the user may have skipped the remaining items meanwhile."""
        if report.done:
            self._look(queue.state)

    def _look(self, state: State) -> None:
        """Raise an alert if no item is left to process."""
        if not self._wanted.targets or is_open(state):
            return
        if self._open:
            self._finished(state)
        else:  # a finished item was processed again: no news, also for the next batch
            said = "The library is finished as before"
            self._once(Event.FINISHED, _stand(state), said, lambda: None)

    def _finished(self, state: State) -> None:
        last = _last(state)
        if not last:
            return
        counts = _counts(state)
        rest = [
            f"{counts[status]:,} {word}" for status, word in _LEFT.items() if counts.get(status)
        ]
        done = f"{counts.get(Status.COMPLETED, 0):,} of {len(state.items):,} {self._kind.plural}"
        self._raise(
            Event.FINISHED,
            f"The {self._kind.name} library is finished: {', '.join([f'{done} are done', *rest])}.",
            _stand(state),
            session=last.session,
            counts=counts,
        )

    def _raise(self, event: Event, message: str, mark: str, **facts: Any) -> None:
        """Send an alert to all targets, once."""
        if not self._wanted.targets:
            return
        raised = Alert(
            event=event,
            kind=self._kind.name,
            host=platform.node(),
            home=files.escape(self._home),
            time=clock.text(clock.now()),
            message=message,
            next=f"{config.spoken(self._kind.manager, self._home)} {_NEXT[event]}",
            facts=facts,
        )
        self._once(event, mark, f"Alert raised: {message}", lambda: self._send(raised))

    def _send(self, raised: Alert) -> None:
        for target in self._wanted.targets:
            try:
                self._post(outbox.job(raised, target, self._home))
            except OSError as error:
                message = f"The alert for {target.name} could not be sent: {error.strerror}."
                self.troubles.append(message)

    def _once(self, event: Event, mark: str, log_text: str, act: Callable[[], None]) -> None:
        """Call `act` and log it, unless its mark was logged before.

        If the log cannot be written, each batch acts once: better twice than never. But a library
        that was finished before this batch would then raise an alert every night.
        """

        def first() -> None:
            if (event, mark) not in self._done:
                self._done.add((event, mark))
                act()

        path, kind = notes.place(self._home), self._kind.name
        try:
            full_mark = f"{event.value} {kind} {mark}"
            notes.once(path, full_mark, first, log_text, event=event.value, kind=kind)
        except OSError:
            if self._open or event is not Event.FINISHED:
                first()


_LEFT = {Status.ERROR: "failed for good", Status.SKIPPED: "skipped"}


def is_open(state: State) -> bool:
    """Return whether any item is left: pending, in progress, or to be retried."""
    if state.counts[Status.PENDING] or state.counts[Status.IN_PROGRESS]:
        return True
    items = state.items.values() if state.counts[Status.ERROR] else ()
    return any(item.status is Status.ERROR and item.not_before for item in items)


def _last(state: State) -> Item | None:
    """Return the item that was settled last, or None."""
    last = max(state.items.values(), key=attrgetter("settled"), default=None)
    return last if last and last.settled else None


def _stand(state: State) -> str:
    """Return a mark of a finished library: the queue, and its last settle."""
    last = _last(state)
    return f"{state.head.created} {last.settled if last else 0}"


def _counts(state: State) -> dict[str, int]:
    return {status.value: state.counts[status] for status in Status if state.counts[status]}
