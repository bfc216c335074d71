"""An executor that runs the tasks of a batch on the workers of a Dask scheduler.

1. Once a second the scheduler is asked for its workers; see `worker_registry`. A new one checks its
   host (`host_checks`), and gets no task if that fails. If no worker is accepted, the reason of the
   first one that was refused ends the batch.
2. Each task goes to one worker, chosen here, and is never run again by Dask.
3. The worker runs it in a child process; see `worker_plugin`. Its progress arrives as events.
4. If the worker dies, Dask reports KilledWorker, and the result is WorkerDied: the batch decides
   what follows, as for the processes of a pool.
5. If the scheduler is gone, or does not answer for too long, ClusterFailed ends the batch. Workers
   that lose their scheduler end their tasks.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import pickle
import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from dask.utils import key_split
from distributed import Future, KilledWorker
from msgspec.structs import replace

from mediakeep.cluster import worker_plugin
from mediakeep.cluster.connection import ClusterAccess
from mediakeep.cluster.worker_plugin import RemoteResult, RunnerMissing, TaskRunner
from mediakeep.cluster.worker_registry import AcceptedWorker, PendingCall, WorkerRegistry
from mediakeep.errors import MediakeepError
from mediakeep.outcome import WorkerFactory
from mediakeep.runner import tasks
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.executor import FinishedTasks, ProgressCallback, UsageCallback
from mediakeep.runner.pool import POLL_SECONDS
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import Task, TaskResult, TaskStopped, WorkerDied
from mediakeep.runner.worker_process import WorkerProcess

_TURN = 0.1  # seconds for an event, before the workers are looked at again
_RESULT_TIMEOUT = 300.0  # seconds for a result to arrive
_CALL_TIMEOUT = 30.0  # seconds for workers to stop or end tasks
_MAX_RESENT = 3  # times that a task which may not have begun is sent again
_CLOSE_TIMEOUT = 10.0  # seconds for checks to end, which add the task runner, and for its removal
_counter = itertools.count()
_CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError)


class _RunningTask(msgspec.Struct):
    task: Task
    future: Future
    worker: AcceptedWorker
    has_begun: bool = False  # known of tasks that run alone


class DaskExecutor:
    """Runs tasks on the workers of a scheduler."""

    def __init__(
        self,
        cluster: ClusterAccess,
        worker_factory: WorkerFactory,
        limits: ExecutionLimits,
        stop: StopHandler,  # noqa: ARG002 - the batch asks for stops itself
        on_progress: ProgressCallback,
        prestarted: Sequence[WorkerProcess] = (),  # noqa: ARG002 - of this machine only
        on_usage: UsageCallback = lambda *_: None,
    ) -> None:
        self._client, self._limits = cluster.client, limits
        self._on_progress, self._on_usage = on_progress, on_usage
        self._name = f"mediakeep-{self._client.id}-{next(_counter)}"
        runner = TaskRunner(worker_factory, limits, cluster.requirements, self._name)
        self._host_data = pickle.dumps((cluster.requirements, pickle.dumps(runner)))
        self._registry = WorkerRegistry(cluster, self._name, self._begin_check)
        self._waiting: deque[Task] = deque()
        self._running: dict[str, _RunningTask] = {}  # by the key of the future
        self._events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._finished: FinishedTasks = []
        self._resent: Counter[str] = Counter()  # by the key of the item
        self._failure: MediakeepError | None = None
        self._client.subscribe_topic(self._name, self._receive_progress)
        self._registry.update()

    @property
    def capacity(self) -> int:
        """The number of tasks that may run at the same time now."""
        threads = sum(worker.threads for worker in self._registry.workers.values())
        return max(1, min(threads, self._limits.workers or threads))

    def submit(self, task: Task) -> None:
        """Start a task on the worker with the most free threads, or later if there is none."""
        self._waiting.append(task)
        self._start_waiting()

    def _start_waiting(self) -> None:
        while self._waiting and not self._failure and (worker := self._registry.choose_worker()):
            task = self._waiting.popleft()
            try:
                data = pickle.dumps(task)
            except Exception as error:  # noqa: BLE001 - pickle may raise any exception
                self._finished.append((task, tasks.build_failure(task, error)))
                continue
            name = f"{task.work.stamp.claim}-{task.work.stage}-{task.part_number}"
            future = self._send(data, name, worker.address)
            self._running[str(future.key)] = _RunningTask(task, future, worker)
            worker.running.append(task.key)

    def _send(self, data: bytes, name: str, address: str) -> Future:
        """Run a task on one worker; Dask does that once, and the result becomes an event."""
        future = self._client.submit(
            worker_plugin.run_task,
            self._name,
            data,
            key=f"{self._name}-{name}-{next(_counter)}",
            workers=[address],
            allow_other_workers=False,
            retries=0,
            pure=False,
        )
        future.add_done_callback(self._receive_result)
        return future

    def _receive_result(self, future: Future) -> None:
        """Called in a thread of the client when a task has ended."""
        try:
            self._events.put((str(future.key), future.result(timeout=_RESULT_TIMEOUT)))
        except BaseException as error:  # noqa: BLE001 - handled in the thread of the batch
            self._events.put((str(future.key), error))

    def _begin_check(self, address: str) -> PendingCall:
        return self._call(address, worker_plugin.prepare_host, self._host_data)

    def _call(self, address: str, function: Callable[..., Any], *values: Any) -> PendingCall:
        """Call a function on one worker at once, also if all its threads are busy."""
        call = self._client.run(
            function,
            self._name,
            *values,
            workers=[address],
            asynchronous=True,
            callback_timeout=self._registry.patience,
        )
        return asyncio.run_coroutine_threadsafe(call, self._client.loop.asyncio_loop)

    def _receive_progress(self, event: tuple[float, Any]) -> None:
        """Called in a thread of the client with each event of the topic."""
        _time, message = event
        self._events.put((message["task"], list(message["progress"])))

    def wait(self, turn: float = POLL_SECONDS) -> FinishedTasks:
        """Return the finished tasks with their results; [] if none within `turn` seconds.

        Raise ClusterFailed if the scheduler is gone, or if no worker can be used for too long; but
        not if `turn` is 0, and what has arrived before is returned first.
        """
        try:
            if not self._failure:
                self._collect(turn)
        except MediakeepError as error:
            self._failure = error
            while not self._events.empty():
                with contextlib.suppress(MediakeepError):  # the first one counts
                    self._handle_event(*self._events.get())
        finished, self._finished = self._finished, []
        if self._failure and turn and not finished:
            raise self._failure
        return finished

    def _collect(self, turn: float) -> None:
        end = time.monotonic() + turn
        while True:
            for worker in self._registry.update():
                self._give_up(worker)
            self._start_waiting()
            if self._finished:
                break
            left = max(0.0, end - time.monotonic())
            try:
                self._handle_event(*self._events.get(timeout=min(left, _TURN)))
            except queue.Empty:
                if left <= _TURN:
                    break
        while not self._events.empty():
            self._handle_event(*self._events.get())
        self._start_waiting()

    def _handle_event(self, key: str, content: Any) -> None:
        running = self._running.get(key)
        if running and content == []:
            running.has_begun = True
        elif running and isinstance(content, list):
            self._on_progress(running.task, *content)
        elif running:
            self._end_task(key, running, content)

    def _end_task(self, key: str, running: _RunningTask, content: bytes | BaseException) -> None:
        self._forget(key)
        if isinstance(content, RunnerMissing):  # the task has not begun
            self._give_up(running.worker)
            self._waiting.appendleft(running.task)
            return
        if isinstance(content, BaseException):
            if result := self._explain_error(running, content):
                self._finished.append((running.task, result))
            else:
                self._note_death(running)
            return
        remote: RemoteResult = pickle.loads(content)
        if remote.usage:
            self._on_usage(running.task, remote.usage)
        result = remote.result
        if isinstance(result, WorkerDied):
            result = replace(result, host=running.worker.remote_host)
        self._finished.append((running.task, result))

    def _forget(self, key: str) -> None:
        running = self._running.pop(key)
        running.worker.end_task(running.task.key)
        running.future.release()
        key_split.cache_clear()  # Dask would keep the last 100,000 keys in this process

    def _explain_error(self, running: _RunningTask, error: BaseException) -> TaskResult | None:
        """Return the result of a task that raised an error, or None if its Dask worker died."""
        if isinstance(error, MediakeepError):
            raise error
        if self._client.status != "running" or isinstance(error, _CANCELLED):
            raise self._registry.build_failure("its scheduler is gone")
        if isinstance(error, KilledWorker | OSError | TimeoutError):
            return None
        return tasks.build_failure(running.task, error)

    def _note_death(self, running: _RunningTask) -> None:
        """End a task whose Dask worker died; one that was to run alone may not have begun."""
        running.worker.note_missing()
        task = running.task
        if task.alone and not running.has_begun and self._resent[task.key] < _MAX_RESENT:
            self._resent[task.key] += 1
            self._waiting.appendleft(task)
            return
        died = WorkerDied("its Dask worker died", running.worker.remote_host)
        self._finished.append((task, died))

    def _give_up(self, worker: AcceptedWorker) -> None:
        """Forget a worker and its tasks; if it comes back, it is checked again."""
        for key, running in list(self._running.items()):
            if running.worker is worker:
                self._forget(key)
                self._note_death(running)
        self._registry.workers.pop(worker.address, None)

    def request_stop(self) -> None:
        """Ask the running tasks to stop at the next point where their workers may stop.

        Each worker is asked until it has heard that, without waiting for it.
        """
        for address, worker in self._registry.workers.items():
            if not worker.is_asked_to_stop:
                worker.stop_call = self._call(address, worker_plugin.call_runner, "request_stop")

    def end_tasks(self, key: str) -> FinishedTasks:
        """End the running tasks of an item, and return them with those that wait for a worker."""
        waiting = [task for task in self._waiting if task.key == key]
        self._waiting = deque(task for task in self._waiting if task.key != key)
        ended = {name: entry for name, entry in self._running.items() if entry.task.key == key}
        if ended:
            self._call_all(
                {entry.worker.address for entry in ended.values()}, "end_tasks", {*ended}
            )
        for name in ended:
            self._forget(name)
        return [(task, TaskStopped()) for task in (*waiting, *(e.task for e in ended.values()))]

    def close(self) -> None:
        """End all tasks on the workers, and remove what the batch has opened there."""
        checked = self._registry.finish_checks(_CLOSE_TIMEOUT)
        self._call_all([*self._registry.workers, *checked], "close", timeout=_CLOSE_TIMEOUT)
        for name in list(self._running):
            self._forget(name)
        with contextlib.suppress(Exception):
            self._client.unsubscribe_topic(self._name)

    def _call_all(
        self, addresses: Iterable[str], method: str, *values: Any, timeout: float = _CALL_TIMEOUT
    ) -> None:
        """Call a method of the task runner on workers; those that are gone are left out."""
        with contextlib.suppress(Exception):
            self._client.run(
                worker_plugin.call_runner,
                self._name,
                method,
                *values,
                workers=[*addresses],
                on_error="ignore",
                callback_timeout=timeout,
            )
