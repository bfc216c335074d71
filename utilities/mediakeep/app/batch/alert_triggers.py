"""When a batch raises an alert: failures in a row, damage, a finished library, waits, lost hosts.

Each alert is raised once: a mark in the alert log tells this batch and all others. If a batch is
killed before it raises an alert, the next one does. A failing alert never ends a batch; it becomes
a warning.
"""

from __future__ import annotations

import contextlib
import platform
import re
import sqlite3
import zlib
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import clock, command_text, path_text
from mediakeep.alerts import alert, alert_log, spawn_sender
from mediakeep.alerts.alert import Alert, AlertEvent
from mediakeep.alerts.spawn_sender import DeliveryJob
from mediakeep.app.batch.batch_request import AlertOptions
from mediakeep.errors import MediakeepError
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue.history import index
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import QueueState
from mediakeep.runner.batch_config import BatchResult, ParkedItem, SettledItem


class FailureStreak(msgspec.Struct, frozen=True):
    """Failures in a row, and the sequence number of the last success before them."""

    failures: int = 0
    last_success_seq: int = 0

    def after_item(self, seq: int, *, failed: bool) -> FailureStreak:
        """Return the streak after one more item."""
        return (
            FailureStreak(self.failures + 1, self.last_success_seq)
            if failed
            else FailureStreak(0, seq)
        )


def read_failure_streak(folder: Path, state: QueueState) -> FailureStreak:
    """Return the current streak of a queue.

    The history has every attempt. What a killed batch did last is not in it yet; that comes from
    the items, one attempt each.
    """
    streak, last = _streak_from_history(folder)
    newer = sorted(
        (item.settled, bool(item.error_message))
        for item in state.items.values()
        if item.settled > last
    )
    for seq, failed in newer:
        streak = streak.after_item(seq, failed=failed)
    return streak


def _streak_from_history(folder: Path) -> tuple[FailureStreak, int]:
    """Return the streak in the history, and the sequence number of its last settle."""
    failures, last = 0, 0
    query = "SELECT seq, state FROM event WHERE op = 'settle' ORDER BY seq DESC"
    # If the index fails, count the items alone, as the batch must continue.
    with contextlib.suppress(OSError, sqlite3.Error), index.open_for_query(folder) as base:
        for seq, state in base.execute(query):
            last = last or seq
            if state != Status.ERROR.value:
                return FailureStreak(failures, seq), last
            failures += 1
    return FailureStreak(failures), last


_NEXT_COMMANDS = {
    AlertEvent.FAILURES: "--list --status error",
    AlertEvent.DAMAGED: "--repair",
    AlertEvent.FINISHED: "--show-summary",
    AlertEvent.NEEDS_USER: "--list --status pending",
    AlertEvent.LOST_HOST: "--show-summary",
}
# Session ids and positions in a journal, which differ for each batch.
_SESSION_SPECIFIC = re.compile(r"-[0-9a-f]{16}|[0-9]+")


class AlertTriggers:
    """Watches one batch, and sends alerts to the configured targets."""

    def __init__(
        self,
        home: Path,
        kind: Kind,
        wanted: AlertOptions,
        post: Callable[[DeliveryJob], None] = spawn_sender.send_in_background,
    ) -> None:
        self._home, self._kind, self._options, self._post = home, kind, wanted, post
        self._streak = FailureStreak()
        self._had_open_items = False  # whether items were open at the start
        # raised alerts, as the log may not be writable
        self._raised: set[tuple[AlertEvent, str]] = set()
        self.warnings: list[str] = []

    def on_start(self, queue: Queue) -> None:
        """Called before the first item, with the open queue."""
        if self._options.targets:
            self._streak = read_failure_streak(queue.location.folder, queue.state)
            self._had_open_items = has_open_items(queue.state)
            if not self._had_open_items:
                self._raise_finished_alert(queue.state)

    def on_item(self, settled: SettledItem, queue: Queue) -> None:
        """Called after each item is settled."""
        failed = settled.outcome.state is Status.ERROR
        self._streak = self._streak.after_item(
            queue.state.items[settled.key].settled, failed=failed
        )
        if failed and self._streak.failures >= self._options.failure_threshold:
            self._raise_failures_alert(settled, queue)
        self._check_finished(queue.state)

    def _raise_failures_alert(self, settled: SettledItem, queue: Queue) -> None:
        count, reason = self._streak.failures, alert.to_single_line(settled.outcome.message)
        name, session = path_text.to_printable(settled.key), queue.session
        first = "" if count == 1 else f"The last {count} attempts have failed. The newest: "
        self._raise_alert(
            AlertEvent.FAILURES,
            f"{first}{name} has failed: {reason}",
            f"{queue.state.head.created} {self._streak.last_success_seq}",
            failures=count,
            item=settled.key,
            reason=reason,
            session=session.id if session else "",
            counts=_count_by_status(queue.state),
        )

    def on_parked(self, parked: ParkedItem, queue: Queue) -> None:
        """Called after each item is parked; the same reason is reported once."""
        if parked.needs_user:
            reason, name = alert.to_single_line(parked.why), path_text.to_printable(parked.key)
            mark = f"{queue.state.head.created} {_compute_digest(parked.why)}"
            message = f"{name} waits for you: {reason}"
            self._raise_alert(AlertEvent.NEEDS_USER, message, mark, item=parked.key, reason=reason)

    def on_lost_host(self, host: str) -> None:
        """Called if the last worker of a host is gone; the same host is reported once a day."""
        name = alert.to_single_line(host)
        message = f"The host {name} is lost: it has no workers left. Its items run on others."
        self._raise_alert(
            AlertEvent.LOST_HOST, message, f"{clock.now():%Y-%m-%d} {host}", lost_host=host
        )

    def on_damage(self, error: MediakeepError) -> None:
        """Called if the record is damaged; the same damage is reported once a day."""
        text = str(error)
        digest = _compute_digest(_SESSION_SPECIFIC.sub("#", text))
        reason = alert.to_single_line(text)
        message = f"The record of {self._kind.plural} is damaged or cannot be written: {reason}"
        self._raise_alert(
            AlertEvent.DAMAGED, message, f"{clock.now():%Y-%m-%d} {digest}", reason=reason
        )

    def on_finish(self, report: BatchResult, queue: Queue) -> None:
        """Called at the end: the user may have skipped the remaining items meanwhile."""
        if report.done_count:
            self._check_finished(queue.state)

    def _check_finished(self, state: QueueState) -> None:
        """Raise an alert if no item is left to process."""
        if not self._options.targets or has_open_items(state):
            return
        if self._had_open_items:
            self._raise_finished_alert(state)
        else:  # a finished item was processed again: no news, also for the next batch
            said = "The library is finished as before"
            self._act_once(AlertEvent.FINISHED, _completion_mark(state), said, lambda: None)

    def _raise_finished_alert(self, state: QueueState) -> None:
        last = _last_settled_item(state)
        if not last:
            return
        counts = _count_by_status(state)
        rest = [
            f"{counts[status]:,} {word}"
            for status, word in _STATUS_LABELS.items()
            if counts.get(status)
        ]
        done = f"{counts.get(Status.COMPLETED, 0):,} of {len(state.items):,} {self._kind.plural}"
        self._raise_alert(
            AlertEvent.FINISHED,
            f"The {self._kind.name} library is finished: {', '.join([f'{done} are done', *rest])}.",
            _completion_mark(state),
            session=last.session,
            counts=counts,
        )

    def _raise_alert(self, event: AlertEvent, message: str, mark: str, **facts: Any) -> None:
        """Send an alert to all targets, once."""
        if not self._options.targets:
            return
        manager, words = self._kind.manager_script, _NEXT_COMMANDS[event]
        raised = Alert(
            event=event,
            kind=self._kind.name,
            host=platform.node(),
            home=path_text.escape_path(self._home),
            time=clock.format_iso(clock.now()),
            message=message,
            next=command_text.format_command(manager, self._home, words),
            facts=facts,
        )
        self._act_once(event, mark, f"Alert raised: {message}", lambda: self._send_alert(raised))

    def _send_alert(self, raised: Alert) -> None:
        for target in self._options.targets:
            try:
                self._post(spawn_sender.build_job(raised, target, self._home))
            except OSError as error:
                message = (
                    f"The alert for {target.display_name} could not be sent: {error.strerror}."
                )
                self.warnings.append(message)

    def _act_once(
        self, event: AlertEvent, mark: str, log_text: str, act: Callable[[], None]
    ) -> None:
        """Call `act` and log it, unless its mark was logged before.

        If the log cannot be written, each batch acts once: better twice than never. But a library
        that was finished before this batch would then raise an alert every night.
        """

        def first() -> None:
            if (event, mark) not in self._raised:
                self._raised.add((event, mark))
                act()

        path, kind = alert_log.log_path(self._home), self._kind.name
        try:
            full_mark = f"{event.value} {kind} {mark}"
            alert_log.run_once_per_mark(
                path, full_mark, first, log_text, event=event.value, kind=kind
            )
        except OSError:
            if self._had_open_items or event is not AlertEvent.FINISHED:
                first()


def _compute_digest(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


_STATUS_LABELS = {Status.ERROR: "failed for good", Status.SKIPPED: "skipped"}


def has_open_items(state: QueueState) -> bool:
    """Return whether any item is left: pending, in progress, or to be retried."""
    if state.counts[Status.PENDING] or state.counts[Status.IN_PROGRESS]:
        return True
    items = state.items.values() if state.counts[Status.ERROR] else ()
    return any(item.status is Status.ERROR and item.not_before for item in items)


def _last_settled_item(state: QueueState) -> Item | None:
    """Return the item that was settled last, or None."""
    last = max(state.items.values(), key=attrgetter("settled"), default=None)
    return last if last and last.settled else None


def _completion_mark(state: QueueState) -> str:
    """Return a mark of a finished library: the queue, and its last settle."""
    last = _last_settled_item(state)
    return f"{state.head.created} {last.settled if last else 0}"


def _count_by_status(state: QueueState) -> dict[str, int]:
    return {status.value: state.counts[status] for status in Status if state.counts[status]}
