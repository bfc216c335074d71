"""Where work runs: in this process, or in workers of their own that may die without harm.

Workers that started early have the work from the start. Where there are none, it runs inline, and a
pool of spawned workers starts when a second of that has not been enough, and for whatever must run
alone; work that is never to run inline has it from the start. Each worker has one task at a time,
so that a death has one cause.
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
_SOON = 1e-3  # seconds; a timer of 0 would never go off


class Alarm:
    """Progress of inline work, under a timer that waits for a service set back."""

    def __init__(self, key: str, told: Told) -> None:
        self._key, self._told = key, told
        self._reached = 0, 0

    def __call__(self, done: int, of: int, /) -> None:
        """Pass it on."""
        self._reached = done, of
        self._told(self._key, done, of, "")

    def waiting(self, seconds: float, service: str = "", /) -> None:
        """Let the timer, if it runs, go off so much later."""
        if attempt.is_told(seconds):
            self._told(self._key, *self._reached, service)
        self.extend(attempt.span(seconds))

    def extend(self, seconds: float, /) -> None:
        """Let the timer, if it runs, go off so much later or sooner."""
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left + seconds, _SOON))


class Inline:
    """Runs a task in this process, under an alarm."""

    def __init__(self, opening: Opening, limits: Limits, stop: Stop, told: Told) -> None:
        self._opening, self._open = opening, contextlib.ExitStack()
        self._worker: Worker | None = None
        self._limits, self._stop, self._told = limits, stop, told
        self.seconds = 0.0

    def run(self, task: Task) -> Result:
        """Run a task; StopNow where the second signal broke it off.

        The alarm or the signal may come at any line between the two `breakable`, and only there.
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
        """Close what the worker had opened."""
        self._open.close()


class Crew:
    """Workers that started early, or inline first, then the pool: the executor a batch sees."""

    def __init__(
        self,
        opening: Opening,
        limits: Limits,
        stop: Stop,
        told: Told,
        early: Sequence[Hand] = (),
    ) -> None:
        self._opening, self._limits, self._stop, self._told = opening, limits, stop, told
        self._early = early
        self._inline: Inline | None = None
        self._pool: Pool | None = None
        self._next: Task | None = None

    @property
    def capacity(self) -> int:
        """How many tasks may run at once now."""
        return self._limits.workers if self._pooled else 1

    @property
    def _pooled(self) -> bool:
        if self._limits.asked:
            return False
        spent = self._inline.seconds if self._inline else 0.0
        lasting = self._limits.workers > 1 and spent >= PATIENCE
        return bool(self._early) or not self._limits.inline or lasting

    def submit(self, task: Task) -> None:
        """Start a task; the caller keeps to the capacity, and runs nothing beside one alone."""
        if (task.alone and not self._limits.asked) or self._pooled:
            if self._pool is None:
                timeout = self._limits.item_timeout
                self._pool = Pool(self._opening, timeout, self._told, self._early)
            self._pool.submit(task)
        else:
            self._next = task

    def wait(self, turn: float = TURN) -> list[tuple[Task, Result]]:
        """Return what has finished; [] after a turn in which nothing has."""
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
        """End all workers: after their task, or at once."""
        try:
            if self._pool:
                self._pool.close(kill=kill)
        finally:
            if self._inline:
                self._inline.close()
