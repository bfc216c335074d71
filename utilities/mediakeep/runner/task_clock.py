"""The time limits of a running task: its timeout, and the longest time without progress."""

from __future__ import annotations

import time

from mediakeep.runner.batch_config import ExecutionLimits

_NEVER = float("inf")


class TaskClock:
    """The deadlines of a task on the monotonic clock, in seconds.

    Progress that moves restarts the stall limit. Waits for a service count for neither limit.
    """

    def __init__(self, limits: ExecutionLimits) -> None:
        self._limits = limits
        self._timeout_at = self._stalled_at = _NEVER
        self._reached = (0, 0)  # done, of

    def start(self) -> None:
        """Start both limits now; a second call starts them again."""
        now = time.monotonic()
        self._timeout_at = now + self._limits.item_timeout if self._limits.item_timeout else _NEVER
        self._stalled_at = now + self._limits.stall if self._limits.stall else _NEVER

    def note_progress(self, done: int, of: int) -> None:
        """Restart the stall limit if `done` or `of` has changed."""
        if (done, of) != self._reached:
            self._reached = done, of
            if self._limits.stall:
                # never earlier: a wait may have moved it further away
                self._stalled_at = max(self._stalled_at, time.monotonic() + self._limits.stall)

    def extend(self, seconds: float) -> None:
        """Move both deadlines by `seconds`; a negative number brings them nearer."""
        self._timeout_at += seconds
        self._stalled_at += seconds

    @property
    def deadline(self) -> float:
        """The monotonic time at which the task must be ended; infinite if it has no limits."""
        return min(self._timeout_at, self._stalled_at)

    @property
    def is_overdue(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self.deadline

    def format_reason(self) -> str:
        """Return why the task is ended at its deadline, without its name."""
        if self._timeout_at <= self._stalled_at:
            return f"it took longer than {self._limits.item_timeout:g} seconds"
        done, of = self._reached
        reached = f"at {done} of {of}" if of else "it reported none"
        return f"it made no progress for {self._limits.stall:g} seconds ({reached})"
