"""The interface of an executor, which runs the tasks of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from mediakeep.outcome import WorkerFactory
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.task_usage import TaskUsage
from mediakeep.runner.tasks import Task, TaskResult
from mediakeep.runner.worker_process import WorkerProcess

FinishedTasks = list[tuple[Task, TaskResult]]
ProgressCallback = Callable[[Task, int, int, str], None]  # task, done, of, service
UsageCallback = Callable[[Task, TaskUsage], None]


class Executor(Protocol):
    """Runs the tasks of a batch, which calls it from one thread."""

    @property
    def capacity(self) -> int:
        """The number of tasks that may run at the same time now, at least 1."""

    def submit(self, task: Task) -> None:
        """Called to start a task: no more than the capacity, and none next to one that is alone."""

    def wait(self, turn: float = ...) -> FinishedTasks:
        """Called to get finished tasks with their results; [] if none within `turn` seconds."""

    def request_stop(self) -> None:
        """Called to ask running tasks to stop where their workers allow that."""

    def end_tasks(self, key: str) -> FinishedTasks:
        """Called to end the running tasks of an item, and get them."""

    def close(self) -> None:
        """Called at the end, to end what still runs."""


class ExecutorFactory(Protocol):
    """Opens the executor of a batch."""

    def __call__(
        self,
        worker_factory: WorkerFactory,
        limits: ExecutionLimits,
        stop: StopHandler,
        on_progress: ProgressCallback,
        prestarted: Sequence[WorkerProcess],
        on_usage: UsageCallback,
    ) -> Executor:
        """Called once, before the first task."""
