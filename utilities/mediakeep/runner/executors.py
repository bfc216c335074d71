"""Executors: run tasks in this process, or in worker processes that may die without harm.

Prestarted workers get all tasks. Without them, tasks run inline at first; a pool of spawned workers
starts after a second of inline work, for tasks that must run alone, and for work that never runs
inline. Each worker has one task at a time, so that a death has one cause.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Sequence
from types import FrameType

from mediakeep.outcome import Opening, Worker
from mediakeep.runner import attempt
from mediakeep.runner.attempt import Lost, Result, Task
from mediakeep.runner.hand import Hand
from mediakeep.runner.plan import Limits
from mediakeep.runner.pool import TURN, Pool, Told
from mediakeep.runner.stop import Stop, StopNow, TooLong

PATIENCE = 1.0  # seconds of inline work before the pool starts
_SOON = 1e-3  # seconds; a timer of 0 would never fire


class Alarm:
    """Progress of inline work; waits for a service extend its timer."""

    def __init__(self, key: str, on_progress: Told) -> None:
        self._key, self._told = key, on_progress
        self._reached = 0, 0

    def __call__(self, done: int, of: int, /) -> None:
        """Report progress."""
        self._reached = done, of
        self._told(self._key, done, of, "")

    def waiting(self, seconds: float, service: str = "", /) -> None:
        """Extend the timer, if it is running, by a wait for a service."""
        if attempt.is_told(seconds):
            self._told(self._key, *self._reached, service)
        self.extend(attempt.span(seconds))

    def extend(self, seconds: float, /) -> None:
        """Move the timer, if it is running, by positive or negative seconds."""
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left + seconds, _SOON))


class Inline:
    """Runs tasks in this process, with a timer for the timeout."""

    def __init__(
        self, worker_factory: Opening, limits: Limits, stop: Stop, on_progress: Told
    ) -> None:
        self._opening, self._open = worker_factory, contextlib.ExitStack()
        self._worker: Worker | None = None
        self._limits, self._stop, self._told = limits, stop, on_progress
        self.seconds = 0.0

    def run(self, task: Task) -> Result:
        """Run a task; raise StopNow if the second signal interrupted it.

        Timer and signal interrupt only between the two assignments of the flag below.
        """
        started = time.monotonic()
        before = signal.signal(signal.SIGALRM, self._alarm)
        try:
            try:
                self._stop.breakable = True
                if self._stop.at_once:
                    raise StopNow
                signal.setitimer(signal.ITIMER_REAL, self._limits.item_timeout)
                return attempt.run(self._opened(), task, Alarm(task.key, self._told))
            finally:
                self._stop.breakable = False
        except TooLong:
            return Lost(f"it took longer than {self._limits.item_timeout:g} seconds")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            self.seconds += time.monotonic() - started

    def _opened(self) -> Worker:
        if self._worker is None:
            self._worker = self._open.enter_context(attempt.opened(self._opening))
        return self._worker

    def _alarm(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.break_off(TooLong())

    def close(self) -> None:
        """Close the worker."""
        self._open.close()


class Crew:
    """The executor of a batch: prestarted workers, or inline first and then a pool."""

    def __init__(
        self,
        worker_factory: Opening,
        limits: Limits,
        stop: Stop,
        on_progress: Told,
        prestarted: Sequence[Hand] = (),
    ) -> None:
        self._opening, self._limits, self._stop, self._told = (
            worker_factory,
            limits,
            stop,
            on_progress,
        )
        self._early = prestarted
        self._inline: Inline | None = None
        self._pool: Pool | None = None
        self._next: Task | None = None

    @property
    def capacity(self) -> int:
        """The number of tasks that may run at the same time now."""
        return self._limits.workers if self._pooled else 1

    @property
    def _pooled(self) -> bool:
        if self._limits.asked:
            return False
        spent = self._inline.seconds if self._inline else 0.0
        lasting = self._limits.workers > 1 and spent >= PATIENCE
        return bool(self._early) or not self._limits.inline or lasting

    def submit(self, task: Task) -> None:
        """Start a task; the caller respects the capacity and tasks that must run alone."""
        if (task.alone and not self._limits.asked) or self._pooled:
            if self._pool is None:
                timeout = self._limits.item_timeout
                self._pool = Pool(self._opening, timeout, self._told, self._early)
            self._pool.submit(task)
        else:
            self._next = task

    def wait(self, turn: float = TURN) -> list[tuple[Task, Result]]:
        """Return the finished tasks, [] if there are none after `turn` seconds."""
        if self._next is None:
            return self._pool.wait(turn) if self._pool else []
        task, self._next = self._next, None
        if self._inline is None:
            self._inline = Inline(self._opening, self._limits, self._stop, self._told)
        try:
            return [(task, self._inline.run(task))]
        except StopNow:
            return []

    def close(self, *, kill: bool = False) -> None:
        """End all workers: after their task, or immediately if `kill`."""
        try:
            if self._pool:
                self._pool.close(kill=kill)
        finally:
            if self._inline:
                self._inline.close()
