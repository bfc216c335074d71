"""Where work runs: in this process, or in workers of their own that may die without harm.

Small batches run inline. A pool of spawned workers starts when a second of inline work has not been
enough, and for whatever must run alone. Each worker has one task at a time, so that a death has
one cause.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType

from mediakeep.outcome import Opening, Worker
from mediakeep.runner import attempt
from mediakeep.runner.attempt import Lost, Result, Task
from mediakeep.runner.plan import Limits
from mediakeep.runner.pool import Pool
from mediakeep.runner.stop import Stop, StopNow

PATIENCE = 1.0  # seconds of inline work before the pool starts

Told = Callable[[str, int, int], None]  # item, done, of


class TooLong(BaseException):
    """Raised in inline work by its alarm; no worker can catch it by mistake."""


class Inline:
    """Runs a task in this process, under an alarm."""

    def __init__(self, opening: Opening, limits: Limits, stop: Stop, told: Told) -> None:
        self._opened: AbstractContextManager[Worker] = opening()
        self._worker = self._opened.__enter__()
        self._limits, self._stop, self._told = limits, stop, told
        self.seconds = 0.0

    def run(self, task: Task) -> Result:
        """Run a task; StopNow where the second signal broke it off."""
        started = time.monotonic()
        before = signal.signal(signal.SIGALRM, self._alarm)
        signal.setitimer(signal.ITIMER_REAL, self._limits.item_timeout)
        try:
            self._stop.breakable = True
            return attempt.run(self._worker, task, lambda done, of: self._told(task.key, done, of))
        except TooLong:
            return Lost(f"it took longer than {self._limits.item_timeout:g} seconds")
        finally:
            self._stop.breakable = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            self.seconds += time.monotonic() - started

    def _alarm(self, _number: int, _frame: FrameType | None) -> None:
        if self._stop.breakable:
            raise TooLong

    def close(self) -> None:
        """Close what the worker had opened."""
        self._opened.__exit__(None, None, None)


class Crew:
    """Inline first, then the pool: the one executor that a batch sees."""

    def __init__(self, opening: Opening, limits: Limits, stop: Stop, told: Told) -> None:
        self._opening, self._limits, self._stop, self._told = opening, limits, stop, told
        self._inline: Inline | None = None
        self._pool: Pool | None = None
        self._next: Task | None = None
        self._spent = 0.0

    @property
    def capacity(self) -> int:
        """How many tasks may run at once now."""
        return self._limits.workers if self._pooled else 1

    @property
    def _pooled(self) -> bool:
        return self._limits.workers > 1 and self._spent >= PATIENCE

    def submit(self, task: Task) -> None:
        """Start a task; the caller keeps to the capacity, and runs nothing beside one alone."""
        if task.alone or self._pooled:
            if self._pool is None:
                self._pool = Pool(self._opening, self._limits.item_timeout, self._told)
            self._pool.submit(task)
        else:
            self._next = task

    def wait(self) -> list[tuple[Task, Result]]:
        """Return what has finished; [] after half a second in which nothing has."""
        if self._next is None:
            return self._pool.wait() if self._pool else []
        task, self._next = self._next, None
        if self._inline is None:
            self._inline = Inline(self._opening, self._limits, self._stop, self._told)
        try:
            return [(task, self._inline.run(task))]
        except StopNow:
            return []
        finally:
            self._spent = self._inline.seconds

    def close(self, *, kill: bool = False) -> None:
        """End all workers: after their task, or at once."""
        if self._inline:
            self._inline.close()
        if self._pool:
            self._pool.close(kill=kill)
