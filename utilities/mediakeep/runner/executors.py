"""Executors: run tasks in this process, or in worker processes that may die without harm.

If worker processes were started before, they get all tasks. Otherwise tasks run in this process
(inline) at first. A pool of worker processes starts after a second of inline work, for tasks that
must run alone, and for work that never runs inline. Each worker process has one task at a time, so
that a death has one cause.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Sequence
from types import FrameType

from mediakeep.outcome import Worker, WorkerFactory
from mediakeep.runner import tasks
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.pool import POLL_SECONDS, ProgressCallback, WorkerPool
from mediakeep.runner.signals import ItemTimeout, StopHandler, StopNow
from mediakeep.runner.tasks import Task, TaskResult, WorkerDied
from mediakeep.runner.worker_process import WorkerProcess

INLINE_SECONDS = 1.0  # seconds of inline work before the pool starts
_MIN_TIMER = 1e-3  # seconds; a timer of 0 would never fire


class InlineProgress:
    """Receives the progress of a task that runs in this process, and extends its timeout."""

    def __init__(self, key: str, on_progress: ProgressCallback) -> None:
        self._key, self._on_progress = key, on_progress
        self._reached = 0, 0

    def __call__(self, done: int, of: int, /, *, may_stop: bool = False) -> None:  # noqa: ARG002
        """Report that `done` of `of` steps are finished."""
        self._reached = done, of
        self._on_progress(self._key, done, of, "")

    def on_wait(self, seconds: float, service: str = "", /) -> None:
        """Extend the timeout, if one is running, by a wait of `seconds` for a web service."""
        if tasks.is_reportable_wait(seconds):
            self._on_progress(self._key, *self._reached, service)
        self.extend_deadline(tasks.clamp_wait(seconds))

    def extend_deadline(self, seconds: float, /) -> None:
        """Extend the timeout, if one is running, by `seconds`; a negative number shortens it."""
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left + seconds, _MIN_TIMER))


class InlineExecutor:
    """Runs tasks in this process, with a timer for their timeout."""

    def __init__(
        self,
        worker_factory: WorkerFactory,
        limits: ExecutionLimits,
        stop: StopHandler,
        on_progress: ProgressCallback,
    ) -> None:
        self._worker_factory, self._exit_stack = worker_factory, contextlib.ExitStack()
        self._worker: Worker | None = None
        self._limits, self._stop, self._on_progress = limits, stop, on_progress
        self.seconds = 0.0

    def run(self, task: Task) -> TaskResult:
        """Run a task and return its result.

        Raise StopNow if the user's second stop signal interrupted it. Timer and signals interrupt
        only while `interruptible` is set.
        """
        started = time.monotonic()
        before = signal.signal(signal.SIGALRM, self._on_alarm)
        try:
            try:
                self._stop.interruptible = True
                if self._stop.immediate:
                    raise StopNow
                signal.setitimer(signal.ITIMER_REAL, self._limits.item_timeout)
                return tasks.run_task(
                    self._get_worker(), task, InlineProgress(task.key, self._on_progress)
                )
            finally:
                self._stop.interruptible = False
        except ItemTimeout:
            return WorkerDied(f"it took longer than {self._limits.item_timeout:g} seconds")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            self.seconds += time.monotonic() - started

    def _get_worker(self) -> Worker:
        if self._worker is None:
            self._worker = self._exit_stack.enter_context(tasks.open_worker(self._worker_factory))
        return self._worker

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.interrupt(ItemTimeout())

    def close(self) -> None:
        """Close the worker and its resources."""
        self._exit_stack.close()


class AdaptiveExecutor:
    """Runs the tasks of a batch: in this process first, and in worker processes if that pays."""

    def __init__(
        self,
        worker_factory: WorkerFactory,
        limits: ExecutionLimits,
        stop: StopHandler,
        on_progress: ProgressCallback,
        prestarted: Sequence[WorkerProcess] = (),
    ) -> None:
        self._worker_factory, self._limits, self._stop, self._on_progress = (
            worker_factory,
            limits,
            stop,
            on_progress,
        )
        self._prestarted = prestarted
        self._inline: InlineExecutor | None = None
        self._pool: WorkerPool | None = None
        self._next_task: Task | None = None

    @property
    def capacity(self) -> int:
        """The number of tasks that may run at the same time now."""
        return self._limits.workers if self._uses_pool else 1

    @property
    def _uses_pool(self) -> bool:
        if self._limits.interactive:
            return False
        spent = self._inline.seconds if self._inline else 0.0
        lasting = self._limits.workers > 1 and spent >= INLINE_SECONDS
        return bool(self._prestarted) or not self._limits.inline or lasting

    def submit(self, task: Task) -> None:
        """Start a task.

        The caller must not exceed the capacity, and must start no other task with one that runs
        alone.
        """
        if (task.alone and not self._limits.interactive) or self._uses_pool:
            if self._pool is None:
                timeout = self._limits.item_timeout
                self._pool = WorkerPool(
                    self._worker_factory, timeout, self._on_progress, self._prestarted
                )
            self._pool.submit(task)
        else:
            self._next_task = task

    def wait(self, turn: float = POLL_SECONDS) -> list[tuple[Task, TaskResult]]:
        """Return the finished tasks with their results; [] if none within `turn` seconds."""
        if self._next_task is None:
            return self._pool.wait(turn) if self._pool else []
        task, self._next_task = self._next_task, None
        if self._inline is None:
            self._inline = InlineExecutor(
                self._worker_factory, self._limits, self._stop, self._on_progress
            )
        try:
            return [(task, self._inline.run(task))]
        except StopNow:
            return []

    def close(self, *, kill: bool = False) -> None:
        """End all worker processes: after their task, or immediately with `kill`."""
        try:
            if self._pool:
                self._pool.close(kill=kill)
        finally:
            if self._inline:
                self._inline.close()
