"""When a batch raises an alert: failures in a row, a damaged record, a finished library.

Each is raised once: a mark in the log of alerts tells this batch, and those that run beside it or
after it. What a batch was killed before it could tell, the next one tells. No alert that fails ends
a batch; what went wrong is a warning.
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
# Each batch has a session, and a place in a journal of its own.
_OF_ITS_OWN = re.compile(r"-[0-9a-f]{16}|[0-9]+")


class Alarms:
    """Watches one batch, and tells whom the user wants told."""

    def __init__(
        self, home: Path, kind: Kind, wanted: Wanted, post: Callable[[Job], None] = outbox.post
    ) -> None:
        self._home, self._kind, self._wanted, self._post = home, kind, wanted, post
        self._streak = Streak()
        self._open = False  # whether it began with anything left to do
        self._done: set[tuple[Event, str]] = set()  # what was told, as not all can be noted
        self.troubles: list[str] = []

    def begun(self, queue: Queue) -> None:
        """Look how things stand before the first item."""
        if self._wanted.targets:
            self._streak = streaks.read(queue.where.folder, queue.state)
            self._open = is_open(queue.state)
            if not self._open:
                self._finished(queue.state)

    def settled(self, one: Settled, queue: Queue) -> None:
        """Hear what became of an item."""
        failed = one.outcome.state is Status.ERROR
        self._streak = self._streak.after(queue.state.items[one.key].settled, failed=failed)
        if failed and self._streak.failures >= self._wanted.after:
            self._failing(one, queue)
        self._look(queue.state)

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
        digest = f"{zlib.crc32(_OF_ITS_OWN.sub('#', text).encode()):08x}"
        reason = alert.line(text)
        message = f"The record of {self._kind.plural} is damaged or cannot be written: {reason}"
        self._raise(Event.DAMAGED, message, f"{clock.now():%Y-%m-%d} {digest}", reason=reason)

    def ended(self, report: Report, queue: Queue) -> None:
        """Look once more: a person may have skipped what was left meanwhile."""
        if report.done:
            self._look(queue.state)

    def _look(self, state: State) -> None:
        """Look whether anything is left to do, after an item was settled."""
        if not self._wanted.targets or is_open(state):
            return
        if self._open:
            self._finished(state)
        else:  # a finished item was done anew: no news, and none for the next batch
            said = "The library is finished as before"
            self._once(Event.FINISHED, _stand(state), said, lambda: None)

    def _finished(self, state: State) -> None:
        last = _last(state)
        if not last:
            return
        counts = _counts(state)
        rest = [f"{counts[one]:,} {word}" for one, word in _LEFT.items() if counts.get(one)]
        done = f"{counts.get(Status.COMPLETED, 0):,} of {len(state.items):,} {self._kind.plural}"
        self._raise(
            Event.FINISHED,
            f"The {self._kind.name} library is finished: {', '.join([f'{done} are done', *rest])}.",
            _stand(state),
            session=last.session,
            counts=counts,
        )

    def _raise(self, event: Event, message: str, mark: str, **facts: Any) -> None:
        """Hand an alert over, once."""
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
        self._once(event, mark, f"Alert raised: {message}", lambda: self._send(one))

    def _send(self, one: Alert) -> None:
        for target in self._wanted.targets:
            try:
                self._post(outbox.job(one, target, self._home))
            except OSError as error:
                why = f"The alert for {target.name} could not be sent: {error.strerror}."
                self.troubles.append(why)

    def _once(self, event: Event, mark: str, said: str, act: Callable[[], None]) -> None:
        """Do something and note it, unless its mark was noted before.

        Where the disk does not take the note, each batch does it once: rather twice than never.
        But what was finished before the batch began would then be told every night.
        """

        def first() -> None:
            if (event, mark) not in self._done:
                self._done.add((event, mark))
                act()

        path, kind = notes.place(self._home), self._kind.name
        try:
            whole = f"{event.value} {kind} {mark}"
            notes.once(path, whole, first, said, event=event.value, kind=kind)
        except OSError:
            if self._open or event is not Event.FINISHED:
                first()


_LEFT = {Status.ERROR: "failed for good", Status.SKIPPED: "skipped"}


def is_open(state: State) -> bool:
    """Tell whether anything is left to do: pending, in progress, or to be tried again."""
    if state.counts[Status.PENDING] or state.counts[Status.IN_PROGRESS]:
        return True
    items = state.items.values() if state.counts[Status.ERROR] else ()
    return any(item.status is Status.ERROR and item.not_before for item in items)


def _last(state: State) -> Item | None:
    """Return the item that was settled last; None where none ever was."""
    last = max(state.items.values(), key=attrgetter("settled"), default=None)
    return last if last and last.settled else None


def _stand(state: State) -> str:
    """Return what tells one end of the work from the next: the queue, and its last settle."""
    last = _last(state)
    return f"{state.head.created} {last.settled if last else 0}"


def _counts(state: State) -> dict[str, int]:
    return {status.value: state.counts[status] for status in Status if state.counts[status]}
