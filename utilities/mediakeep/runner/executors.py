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

from mediakeep.outcome import Stopping, Worker, WorkerFactory
from mediakeep.runner import tasks
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.executor import FinishedTasks, ProgressCallback, UsageCallback
from mediakeep.runner.pool import POLL_SECONDS, WorkerPool
from mediakeep.runner.signals import ItemTimeout, StopHandler, StopNow
from mediakeep.runner.task_clock import TaskClock
from mediakeep.runner.tasks import Task, TaskResult, WorkerDied
from mediakeep.runner.worker_process import WorkerProcess

INLINE_SECONDS = 1.0  # seconds of inline work before the pool starts
_MIN_TIMER = 1e-3  # seconds; a timer of 0 would never fire


class InlineProgress:
    """Receives the progress of a task that runs in this process, and moves its deadlines."""

    def __init__(
        self, task: Task, clock: TaskClock, stop: StopHandler, on_progress: ProgressCallback
    ) -> None:
        self._task, self._clock, self._stop, self._on_progress = task, clock, stop, on_progress
        self._reached = 0, 0

    def __call__(self, done: int, of: int, /, *, may_stop: bool = False) -> None:
        """Report that `done` of `of` steps are finished.

        With `may_stop`, raise Stopping if a stop was requested.
        """
        self._reached = done, of
        self._clock.note_progress(done, of)
        self._on_progress(self._task, done, of, "")
        if may_stop and self._stop.requested:
            raise Stopping

    def on_wait(self, seconds: float, service: str = "", /) -> None:
        """Extend the limits of the task by a wait of `seconds` for a web service."""
        if tasks.is_reportable_wait(seconds):
            self._on_progress(self._task, *self._reached, service)
        self.extend_deadline(tasks.clamp_wait(seconds))

    def extend_deadline(self, seconds: float, /) -> None:
        """Extend the limits of the task by `seconds`; a negative number shortens them."""
        self._clock.extend(seconds)
        set_timer(self._clock)


def set_timer(clock: TaskClock) -> None:
    """Let SIGALRM arrive at the deadline of a clock, if it has one."""
    if clock.deadline != float("inf"):
        left = max(clock.deadline - time.monotonic(), _MIN_TIMER)
        signal.setitimer(signal.ITIMER_REAL, left)


class InlineExecutor:
    """Runs tasks in this process, with a timer for their timeout."""

    def __init__(
        self,
        worker_factory: WorkerFactory,
        limits: ExecutionLimits,
        stop: StopHandler,
        on_progress: ProgressCallback,
        on_usage: UsageCallback,
    ) -> None:
        self._worker_factory, self._exit_stack = worker_factory, contextlib.ExitStack()
        self._on_usage = on_usage
        self._worker: Worker | None = None
        self._limits, self._stop, self._on_progress = limits, stop, on_progress
        self._clock = TaskClock(limits)  # of the running task
        self.seconds = 0.0

    def run(self, task: Task) -> TaskResult:
        """Run a task and return its result.

        Raise StopNow if the user's second stop signal interrupted it. Timer and signals interrupt
        only while `interruptible` is set.
        """
        started = time.monotonic()
        self._clock = TaskClock(self._limits)
        before = signal.signal(signal.SIGALRM, self._on_alarm)
        try:
            try:
                self._stop.interruptible = True
                if self._stop.immediate:
                    raise StopNow
                self._clock.start()
                set_timer(self._clock)
                progress = InlineProgress(task, self._clock, self._stop, self._on_progress)
                result, usage = tasks.run_measured_task(self._get_worker(), task, progress)
            finally:
                self._stop.interruptible = False
            if usage:
                self._on_usage(task, usage)
            return result
        except ItemTimeout:
            return WorkerDied(self._clock.format_reason())
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            self.seconds += time.monotonic() - started

    def _get_worker(self) -> Worker:
        if self._worker is None:
            self._worker = self._exit_stack.enter_context(tasks.open_worker(self._worker_factory))
        return self._worker

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        if self._clock.is_overdue:
            self._stop.interrupt(ItemTimeout())
        else:  # progress has moved the deadline meanwhile
            set_timer(self._clock)

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
        on_usage: UsageCallback = lambda *_: None,
    ) -> None:
        self._worker_factory, self._limits, self._stop, self._on_progress = (
            worker_factory,
            limits,
            stop,
            on_progress,
        )
        self._prestarted, self._on_usage = prestarted, on_usage
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
                self._pool = WorkerPool(
                    self._worker_factory,
                    self._limits,
                    self._on_progress,
                    self._prestarted,
                    self._on_usage,
                )
            self._pool.submit(task)
        else:
            self._next_task = task

    def wait(self, turn: float = POLL_SECONDS) -> FinishedTasks:
        """Return the finished tasks with their results; [] if none within `turn` seconds."""
        if self._next_task is None:
            return self._pool.wait(turn) if self._pool else []
        task, self._next_task = self._next_task, None
        if self._inline is None:
            self._inline = InlineExecutor(
                self._worker_factory, self._limits, self._stop, self._on_progress, self._on_usage
            )
        try:
            return [(task, self._inline.run(task))]
        except StopNow:
            return []

    def request_stop(self) -> None:
        """Ask the running tasks to stop at the next point where their workers may stop."""
        if self._pool:
            self._pool.request_stop()

    def end_tasks(self, key: str) -> FinishedTasks:
        """End the running tasks of an item in worker processes, and return them."""
        return self._pool.end_tasks(key) if self._pool else []

    def close(self) -> None:
        """End all worker processes; busy ones are killed."""
        try:
            if self._pool:
                self._pool.close(kill=True)
        finally:
            if self._inline:
                self._inline.close()
