"""A pool of worker processes, each with its own pipe and one task at a time.

So the death of a worker process affects only its own task, and a process that hangs is killed
alone. The pool starts new interpreters and never forks: a fork would keep the locks of the queue
after the death of their owner.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from multiprocessing import connection

from mediakeep.errors import ItemFailed
from mediakeep.outcome import WorkerFactory
from mediakeep.runner import tasks, worker_process
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.executor import FinishedTasks, ProgressCallback, UsageCallback
from mediakeep.runner.task_clock import TaskClock
from mediakeep.runner.tasks import Task, TaskStopped, WorkerDied
from mediakeep.runner.worker_process import WorkerProcess

POLL_SECONDS = 0.5  # maximum seconds of one wait


class WorkerPool:
    """A pool of worker processes: those in `prestarted`, and more when tasks need them."""

    def __init__(
        self,
        worker_factory: WorkerFactory,
        limits: ExecutionLimits,
        on_progress: ProgressCallback,
        prestarted: Sequence[WorkerProcess] = (),
        on_usage: UsageCallback = lambda *_: None,
    ) -> None:
        self._worker_factory, self._limits, self._on_progress = (
            worker_factory,
            limits,
            on_progress,
        )
        self._workers = [*prestarted]
        self._on_usage = on_usage
        self._is_stopping = False
        self._unpicklable: FinishedTasks = []

    def submit(self, task: Task) -> None:
        """Assign a task to an idle worker process, or to a new one."""
        try:
            data = pickle.dumps(task)
        except Exception as error:  # noqa: BLE001 - pickle may raise any exception
            self._unpicklable.append((task, tasks.build_failure(task, error)))
            return
        self._choose_worker(task).assign(task, data, TaskClock(self._limits))

    def _choose_worker(self, task: Task) -> WorkerProcess:
        """Return an idle worker process for a task, or a new process.

        A task that runs alone gets a new process, and all idle processes are ended. So neither the
        state nor the memory of other tasks can be the cause of its death.
        """
        idle = [worker for worker in self._workers if worker.task is None]
        usable = [worker for worker in idle if not task.alone or worker.exclusive_key == task.key]
        chosen = next((worker for worker in usable if worker.process.is_alive()), None)
        if task.alone or not chosen:
            self._shut_down([worker for worker in idle if worker is not chosen])
        return chosen or self._start_worker()

    def _start_worker(self) -> WorkerProcess:
        try:
            worker = worker_process.spawn_worker(self._worker_factory, self._limits.memory)
        except OSError as error:
            raise ItemFailed(f"A worker could not start: {tasks.format_error(error)}") from error
        self._workers.append(worker)
        return worker

    def wait(self, turn: float = POLL_SECONDS) -> FinishedTasks:
        """Return the tasks that ended with their results; [] if none ended within `turn` seconds.

        A task also ends if its process dies or its timeout passes.
        """
        if self._unpicklable:
            refused, self._unpicklable = self._unpicklable, []
            return refused
        busy = [worker for worker in self._workers if worker.task]
        nearest = min((worker.clock.deadline for worker in busy), default=float("inf"))
        turn = max(0.0, min(turn, nearest - time.monotonic()))
        readable = connection.wait([worker.pipe for worker in busy], turn)
        active = [
            worker
            for worker in busy
            if worker.pipe in readable or worker.clock.is_overdue or not worker.process.is_alive()
        ]
        return [ended for worker in active for ended in self._handle_messages(worker)]

    def _handle_messages(self, worker: WorkerProcess) -> FinishedTasks:
        assert worker.task is not None
        task = worker.task
        messages, alive = worker.receive()
        for name, *args in messages:
            if name == "progress":
                worker.clock.note_progress(*args[:2])
                self._on_progress(task, *args)
            elif name == "usage":
                self._on_usage(task, *args)
            elif name == "waiting":
                worker.extend_for_wait(*args)
            elif name == "extend":
                worker.extend_deadline(*args)
            elif name == "ready":
                worker.send_task()
            elif name == "broken":
                raise args[0]
            else:
                worker.task = None
                return [(task, args[0])]
        if not alive:
            why = f"its worker process died ({worker.wait_for_exit()})"
            return [(task, self._discard_worker(worker, why))]
        if worker.clock.is_overdue:
            return [(task, self._discard_worker(worker, worker.clock.format_reason()))]
        return []

    def _discard_worker(self, worker: WorkerProcess, why: str) -> WorkerDied:
        """Kill a worker process, and return the result for its task.

        Raise ItemFailed if its task was to run alone and the process could not even start.
        """
        alone = worker.task is not None and worker.task.alone
        worker.kill()
        self._workers.remove(worker)
        if alone and not worker.ready:
            raise ItemFailed(f"A worker could not start: {why}.")
        return WorkerDied(why)

    def _shut_down(self, workers: list[WorkerProcess]) -> None:
        worker_process.shutdown_workers(workers)
        self._workers = [worker for worker in self._workers if worker not in workers]

    def request_stop(self) -> None:
        """Send each busy worker process a request to stop where its task allows that, once."""
        if not self._is_stopping:
            self._is_stopping = True
            for worker in self._workers:
                if worker.task:
                    worker.request_stop()

    def end_tasks(self, key: str) -> FinishedTasks:
        """Kill the worker processes that run tasks of an item, and return these tasks."""
        ended: FinishedTasks = []
        for worker in list(self._workers):
            if worker.task and worker.task.key == key:
                worker.kill()
                self._workers.remove(worker)
                ended.append((worker.task, TaskStopped()))
        return ended

    def close(self, *, kill: bool = False) -> None:
        """End all worker processes after their tasks; with `kill`, busy ones are killed."""
        for worker in [worker for worker in self._workers if kill and worker.task]:
            worker.kill()
            self._workers.remove(worker)
        self._shut_down(self._workers)
