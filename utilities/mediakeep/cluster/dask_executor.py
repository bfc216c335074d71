"""An executor that runs the tasks of a batch on the workers of a Dask scheduler.

1. Once a second the scheduler is asked for its workers, without waiting for the answer. A new one
   checks its host (`host_checks`), and gets no task if that fails. If no worker is accepted, the
   reason of the first one that was refused ends the batch.
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
import functools
import itertools
import pickle
import queue
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from distributed import Client, Future, KilledWorker, wait
from msgspec.structs import replace

from mediakeep.cluster import worker_plugin
from mediakeep.cluster.connection import find_missing_module
from mediakeep.cluster.host_checks import HostReport, HostRequirements
from mediakeep.cluster.host_watch import NO_CALLBACKS, ClusterCallbacks, HostWatch
from mediakeep.cluster.worker_plugin import RemoteResult, RunnerMissing, TaskRunner
from mediakeep.errors import ClusterFailed, MediakeepError
from mediakeep.outcome import WorkerFactory
from mediakeep.queue.sessions import WorkerStatus
from mediakeep.runner import tasks
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.executor import FinishedTasks, ProgressCallback, UsageCallback
from mediakeep.runner.pool import POLL_SECONDS
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import Task, TaskResult, TaskStopped, WorkerDied
from mediakeep.runner.worker_process import WorkerProcess

_LOOK_SECONDS = 1.0  # between two looks at the workers
_TURN = 0.1  # seconds for an event, before the answer to a look is looked for
_LOST_SECONDS = 3.0  # without its worker, after which a task is lost
_RESULT_TIMEOUT = 60.0  # seconds for a result to arrive
_CALL_TIMEOUT = 30.0  # seconds for workers to stop or end tasks
_CLOSE_TIMEOUT = 10.0  # seconds for checks to end, as they add the runner of the batch
_MIN_PATIENCE = 10.0  # seconds for an answer of the scheduler, or for a check
_MAX_SAMPLES = 60  # from which the tasks per minute are computed
_counter = itertools.count()
_CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError)
_PendingCall = concurrent.futures.Future[Any]  # of the loop of the client


class ClusterAccess(msgspec.Struct, frozen=True):
    """A connection to a scheduler, and what its hosts need to run a batch.

    `timeout` is how long a batch waits for a worker, or for an answer, in seconds. `dashboard` is
    the address of Dask's own dashboard, if it runs.
    """

    client: Client
    requirements: HostRequirements
    timeout: float = 60.0
    dashboard: str = ""
    callbacks: ClusterCallbacks = NO_CALLBACKS


class _AcceptedWorker(msgspec.Struct):
    """A Dask worker whose host has passed the checks."""

    host: str
    threads: int
    running: int = 0  # tasks
    done: int = 0
    missing_since: float = 0.0  # 0.0: it is there
    samples: deque[tuple[float, int]] = msgspec.field(  # times, with the tasks done
        default_factory=lambda: deque([(time.monotonic(), 0)], _MAX_SAMPLES)
    )

    def compute_tasks_per_minute(self, now: float) -> float:
        """Add a sample, and return the tasks per minute since the oldest one."""
        since, before = self.samples[0]
        self.samples.append((now, self.done))
        return 60 * (self.done - before) / (now - since) if since < now else 0.0


class _HostCheck(msgspec.Struct, frozen=True):
    address: str
    threads: int
    call: _PendingCall


class _RunningTask(msgspec.Struct):
    task: Task
    future: Future
    address: str


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
        self._cluster, self._client, self._limits = cluster, cluster.client, limits
        self._on_progress, self._on_usage = on_progress, on_usage
        self._name = f"mediakeep-{self._client.id}-{next(_counter)}"
        self._host = socket.gethostname()
        runner = TaskRunner(worker_factory, limits, cluster.requirements, self._name)
        self._runner_data = pickle.dumps(runner)
        self._workers: dict[str, _AcceptedWorker] = {}  # by address
        self._refused: dict[str, HostReport] = {}
        self._checks: dict[str, _HostCheck] = {}  # by a key for their events
        self._waiting: deque[Task] = deque()
        self._running: dict[str, _RunningTask] = {}  # by the key of the future
        self._events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._finished: FinishedTasks = []
        self._stop_calls: dict[str, _PendingCall] = {}  # by address
        self._patience = max(cluster.timeout, _MIN_PATIENCE)
        self._look: _PendingCall | None = None
        self._next_look, self._silence = 0.0, 0.0
        self._last_turn = self._without_worker_since = time.monotonic()
        self._watch = HostWatch(cluster.callbacks)
        self._client.subscribe_topic(self._name, self._receive_progress)
        self._look_for_workers()

    @property
    def capacity(self) -> int:
        """The number of tasks that may run at the same time now."""
        threads = sum(worker.threads for worker in self._workers.values())
        return max(1, min(threads, self._limits.workers or threads))

    def submit(self, task: Task) -> None:
        """Start a task on the worker with the most free threads, or later if there is none."""
        self._waiting.append(task)
        self._start_waiting()

    def _start_waiting(self) -> None:
        while self._waiting and (address := self._choose_worker()):
            task = self._waiting.popleft()
            try:
                data = pickle.dumps(task)
            except Exception as error:  # noqa: BLE001 - pickle may raise any exception
                self._finished.append((task, tasks.build_failure(task, error)))
                continue
            name = f"{task.work.stamp.claim}-{task.work.stage}-{task.part_number}"
            future = self._send(data, name, address)
            self._running[str(future.key)] = _RunningTask(task, future, address)
            self._workers[address].running += 1

    def _choose_worker(self) -> str:
        free = {
            address: worker.threads - worker.running
            for address, worker in self._workers.items()
            if worker.running < worker.threads and not worker.missing_since
        }
        return max(free, key=lambda address: free[address], default="")

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

    def _call(self, address: str, function: Callable[..., Any], *values: Any) -> _PendingCall:
        """Call a function on one worker at once, also if all its threads are busy."""
        call = self._client.run(
            function,
            self._name,
            *values,
            workers=[address],
            asynchronous=True,
            callback_timeout=self._patience,
        )
        return asyncio.run_coroutine_threadsafe(call, self._client.loop.asyncio_loop)

    def _receive_answer(self, key: str, call: _PendingCall) -> None:
        """Called in a thread of the client when a call has ended."""
        try:
            (content,) = call.result().values()
        except BaseException as error:  # noqa: BLE001 - handled in the thread of the batch
            content = error
        self._events.put((key, content))

    def _receive_progress(self, event: tuple[float, Any]) -> None:
        """Called in a thread of the client with each event of the topic."""
        _time, message = event
        self._events.put((message["task"], list(message["progress"])))

    def wait(self, turn: float = POLL_SECONDS) -> FinishedTasks:
        """Return the finished tasks with their results; [] if none within `turn` seconds.

        Raise ClusterFailed if the scheduler is gone, or if no worker can be used for too long.
        """
        end = time.monotonic() + turn
        while True:
            self._look_for_workers()
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
        finished, self._finished = self._finished, []
        return finished

    def _handle_event(self, key: str, content: Any) -> None:
        if key in self._checks:
            self._end_check(self._checks.pop(key), content)
        elif running := self._running.get(key):
            if isinstance(content, list):
                self._on_progress(running.task, *content)
            else:
                self._end_task(key, running, content)

    def _end_task(self, key: str, running: _RunningTask, content: bytes | BaseException) -> None:
        self._forget(key)
        if isinstance(content, RunnerMissing):  # the task has not begun
            self._give_up(running.address)
            self._waiting.appendleft(running.task)
            return
        if isinstance(content, BaseException):
            self._finished.append((running.task, self._explain_error(running, content)))
            return
        remote: RemoteResult = pickle.loads(content)
        if remote.usage:
            self._on_usage(running.task, remote.usage)
        result = remote.result
        if isinstance(result, WorkerDied):
            result = replace(result, host=self._name_host(running.address))
        self._finished.append((running.task, result))

    def _forget(self, key: str) -> None:
        running = self._running.pop(key)
        if worker := self._workers.get(running.address):
            worker.running -= 1
            worker.done += 1
        running.future.release()

    def _explain_error(self, running: _RunningTask, error: BaseException) -> TaskResult:
        if isinstance(error, MediakeepError):
            raise error
        if self._client.status != "running" or isinstance(error, _CANCELLED):
            raise self._build_failure("its scheduler is gone")
        if isinstance(error, KilledWorker | OSError | TimeoutError):
            return self._build_death(running)
        return tasks.build_failure(running.task, error)

    def _build_death(self, running: _RunningTask) -> WorkerDied:
        if worker := self._workers.get(running.address):
            # It gets no task before the next look.
            worker.missing_since = worker.missing_since or time.monotonic()
        return WorkerDied("its Dask worker died", self._name_host(running.address))

    def _name_host(self, address: str) -> str:
        """Return the name of a worker's host for messages, "" for this one."""
        worker = self._workers.get(address)
        return worker.host if worker and worker.host != self._host else ""

    def _build_failure(self, reason: str) -> ClusterFailed:
        return ClusterFailed(
            self._client.scheduler.address if self._client.scheduler else "", reason
        )

    def _look_for_workers(self) -> None:
        """Check new workers, note missing ones, and give up tasks of those that are gone.

        The scheduler may answer late or never, and the batch must not wait for it.
        """
        now = time.monotonic()
        # A pause of this process, such as Ctrl-Z or a long wait, is no silence of the scheduler.
        self._silence += min(now - self._last_turn, _LOOK_SECONDS)
        self._last_turn = now
        if self._client.status != "running":
            raise self._build_failure("its scheduler is gone")
        if self._look and self._look.done():
            look, self._look, info = self._look, None, None
            with contextlib.suppress(OSError, *_CANCELLED):  # the next look tells
                info = look.result()
            if info:
                self._take_look(info, now)
        elif self._look is None and now >= self._next_look:
            self._next_look = now + _LOOK_SECONDS
            self._look = asyncio.run_coroutine_threadsafe(
                self._client.scheduler.identity(n_workers=-1),
                self._client.loop.asyncio_loop,
            )
        if self._silence > self._patience:
            raise self._build_failure(
                f"its scheduler has not answered for {self._patience:g} seconds"
            )

    def _take_look(self, info: Mapping[str, Any], now: float) -> None:
        self._silence = 0.0
        present: Mapping[str, Any] = info["workers"]
        checked = {check.address for check in self._checks.values()}
        for address in present.keys() - self._workers.keys() - self._refused.keys() - checked:
            self._begin_check(address, present[address]["nthreads"])
        for address, worker in list(self._workers.items()):
            worker.missing_since = 0.0 if address in present else worker.missing_since or now
            if worker.missing_since and now - worker.missing_since >= _LOST_SECONDS:
                self._give_up(address)
        self._refused = {name: report for name, report in self._refused.items() if name in present}
        self._checks = {
            key: check for key, check in self._checks.items() if check.address in present
        }
        self._report_workers(info, now)
        self._check_patience(now)

    def _begin_check(self, address: str, threads: int) -> None:
        data = pickle.dumps((self._cluster.requirements, self._runner_data))
        call = self._call(address, worker_plugin.prepare_host, data)
        key = f"check-{next(_counter)}"
        self._checks[key] = _HostCheck(address, threads, call)
        call.add_done_callback(functools.partial(self._receive_answer, key))

    def _end_check(self, check: _HostCheck, content: bytes | BaseException) -> None:
        """Use a worker that has passed its check."""
        address = check.address
        if isinstance(content, Exception) and (missing := find_missing_module(content)):
            report = HostReport(address, f"it lacks {missing}: install mediakeep there")
        elif isinstance(content, TimeoutError):
            report = HostReport(address, f"its check takes over {self._patience:g} seconds")
        elif isinstance(content, BaseException):
            report = HostReport(address, f"its check failed ({tasks.format_error(content)})")
        else:
            report = pickle.loads(content)
        if report.problem:
            self._refused[address] = report
            self._next_look = 0.0  # it may end the batch
        else:
            self._workers[address] = _AcceptedWorker(report.host, check.threads)
            self._stop_calls.pop(address, None)  # it may have restarted since

    def _give_up(self, address: str) -> None:
        """Forget a worker and its tasks; if it comes back, it is checked again."""
        for key, running in list(self._running.items()):
            if running.address == address:
                self._forget(key)
                self._finished.append((running.task, self._build_death(running)))
        self._workers.pop(address, None)

    def _report_workers(self, info: Mapping[str, Any], now: float) -> None:
        items: dict[str, list[str]] = {}
        for running in self._running.values():
            items.setdefault(running.address, []).append(running.task.key)
        statuses = [
            WorkerStatus(
                worker.host,
                address,
                sorted(set(items.get(address, ()))),
                info["workers"].get(address, {}).get("metrics", {}).get(self._name, 0),
                round(worker.compute_tasks_per_minute(now), 1),
            )
            for address, worker in self._workers.items()
            if not worker.missing_since
        ]
        self._watch.report(statuses, self._cluster.dashboard)

    def _check_patience(self, now: float) -> None:
        """Raise ClusterFailed if no worker can be used for longer than the timeout."""
        if self._checks or any(not worker.missing_since for worker in self._workers.values()):
            self._without_worker_since = now
        elif self._refused:
            report = next(iter(self._refused.values()))
            raise self._build_failure(f"{report.host} cannot be used: {report.problem}")
        elif now - self._without_worker_since >= self._cluster.timeout:
            raise self._build_failure(f"it has had no worker for {self._cluster.timeout:g} seconds")

    def request_stop(self) -> None:
        """Ask the running tasks to stop at the next point where their workers may stop.

        Each worker is asked until it has heard that, without waiting for it.
        """
        for address in self._workers:
            call = self._stop_calls.get(address)
            if call is None or (call.done() and (call.cancelled() or call.exception())):
                self._stop_calls[address] = self._call(
                    address, worker_plugin.call_runner, "request_stop"
                )

    def end_tasks(self, key: str) -> FinishedTasks:
        """End the running tasks of an item, and return them with those that wait for a worker."""
        waiting = [task for task in self._waiting if task.key == key]
        self._waiting = deque(task for task in self._waiting if task.key != key)
        ended = {name: entry for name, entry in self._running.items() if entry.task.key == key}
        if ended:
            self._call_all("end_item", key)
            with contextlib.suppress(Exception):  # the worker may be gone, and the task with it
                wait([entry.future for entry in ended.values()], timeout=_CALL_TIMEOUT)
        for name in ended:
            self._forget(name)
        return [(task, TaskStopped()) for task in (*waiting, *(e.task for e in ended.values()))]

    def close(self) -> None:
        """End all tasks on the workers, and remove what the batch has opened there."""
        checks = self._checks.values()
        if self._client.status == "running":
            concurrent.futures.wait([check.call for check in checks], _CLOSE_TIMEOUT)
        self._call_all("close", also=[check.address for check in checks])
        for name in list(self._running):
            self._forget(name)
        with contextlib.suppress(Exception):
            self._client.unsubscribe_topic(self._name)

    def _call_all(self, method: str, *values: Any, also: Sequence[str] = ()) -> None:
        """Call a method of the task runner on all workers; those that are gone are left out."""
        with contextlib.suppress(Exception):
            self._client.run(
                worker_plugin.call_runner,
                self._name,
                method,
                *values,
                workers=[*{*self._workers, *also}],
                on_error="ignore",
                callback_timeout=_CALL_TIMEOUT,
            )
