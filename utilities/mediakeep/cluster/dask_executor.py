"""An executor that runs the tasks of a batch on the workers of a Dask scheduler.

1. New workers are looked for once a second. One that fails the checks of `host_checks` gets no
   task; the first one that is refused, if none is accepted, ends the batch.
2. Each task goes to one worker, chosen here, and is never run again by Dask.
3. The worker runs it in a child process; see `worker_slots`. Its progress arrives as events.
4. If the worker dies, Dask reports KilledWorker, and the result is WorkerDied: the batch decides
   what follows, as for the processes of a pool.
5. If the scheduler is gone, ClusterFailed ends the batch. Workers that lose their scheduler end
   their tasks.
"""

from __future__ import annotations

import contextlib
import itertools
import pickle
import queue
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from distributed import Client, Future, KilledWorker, wait

from mediakeep.cluster import host_checks, worker_slots
from mediakeep.cluster.host_checks import HostReport, HostRequirements
from mediakeep.cluster.worker_slots import RemoteResult, TaskSlots
from mediakeep.errors import ClusterFailed, MediakeepError
from mediakeep.outcome import WorkerFactory
from mediakeep.runner import tasks
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.executor import FinishedTasks, ProgressCallback, UsageCallback
from mediakeep.runner.pool import POLL_SECONDS
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import Task, TaskResult, TaskStopped, WorkerDied
from mediakeep.runner.worker_process import WorkerProcess

_REFRESH_SECONDS = 1.0  # between two looks at the workers
_CHECK_SECONDS = 0.1  # the same while workers are checked
_LOST_LOOKS = 3  # looks without its worker after which a task is lost
_REPLY_TIMEOUT = 30.0  # seconds for tasks to end, or for a result to arrive
_counter = itertools.count()


class _Slot(msgspec.Struct):
    """A Dask worker that passed the checks."""

    host: str
    threads: int
    running: int = 0
    missing_looks: int = 0  # in a row


class _Running(msgspec.Struct):
    task: Task
    future: Future
    address: str


class DaskExecutor:
    """Runs tasks on the workers of a scheduler.

    `requirements` are what their hosts must have. `rate_server` serves the rate limits of this
    machine to them; "" if they are processes of it. `timeout` is the wait for a worker in seconds.
    """

    def __init__(
        self,
        client: Client,
        requirements: HostRequirements,
        rate_server: str,
        timeout: float,
        worker_factory: WorkerFactory,
        limits: ExecutionLimits,
        stop: StopHandler,  # noqa: ARG002 - the batch asks for stops itself
        on_progress: ProgressCallback,
        prestarted: Sequence[WorkerProcess] = (),  # noqa: ARG002 - of this machine only
        on_usage: UsageCallback = lambda *_: None,
    ) -> None:
        self._client, self._requirements, self._timeout = client, requirements, timeout
        self._limits = limits
        self._on_progress, self._on_usage = on_progress, on_usage
        self._name = f"mediakeep-{client.id}-{next(_counter)}"
        self._host = socket.gethostname()
        slots = TaskSlots(worker_factory, limits, self._name, self._host, rate_server)
        self._slots_data = pickle.dumps(slots)
        self._slots: dict[str, _Slot] = {}  # by address
        self._refused: dict[str, HostReport] = {}
        self._checks: dict[str, Future] = {}  # of new workers
        self._waiting: list[Task] = []
        self._running: dict[str, _Running] = {}  # by the key of the future
        self._events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._finished: FinishedTasks = []
        self._without_worker_since: float | None = None
        self._next_look = 0.0
        client.subscribe_topic(self._name, self._receive_progress)
        self._look_for_workers()

    @property
    def capacity(self) -> int:
        """The number of tasks that may run at the same time now."""
        threads = sum(slot.threads for slot in self._slots.values())
        return max(1, min(threads, self._limits.workers or threads))

    def submit(self, task: Task) -> None:
        """Start a task on the worker with the most free threads, or later if there is none."""
        self._waiting.append(task)
        self._start_waiting()

    def _start_waiting(self) -> None:
        while self._waiting and (address := self._choose_worker()):
            task = self._waiting.pop(0)
            try:
                data = pickle.dumps(task)
            except Exception as error:  # noqa: BLE001 - pickle may raise any exception
                self._finished.append((task, tasks.build_failure(task, error)))
                continue
            self._send(task, data, address)

    def _choose_worker(self) -> str:
        free = {
            address: slot.threads - slot.running
            for address, slot in self._slots.items()
            if slot.running < slot.threads and not slot.missing_looks
        }
        return max(free, key=lambda address: free[address], default="")

    def _send(self, task: Task, data: bytes, address: str) -> None:
        claim = task.work.stamp.claim
        key = f"{self._name}-{claim}-{task.work.stage}-{task.part_number}-{next(_counter)}"
        future = self._client.submit(
            worker_slots.run_task,
            self._name,
            data,
            key=key,
            workers=[address],
            allow_other_workers=False,
            retries=0,
            pure=False,
        )
        self._running[key] = _Running(task, future, address)
        self._slots[address].running += 1
        future.add_done_callback(self._receive_result)

    def _receive_result(self, future: Future) -> None:
        """Called in a thread of the client when a task has ended."""
        try:
            self._events.put((str(future.key), future.result(timeout=_REPLY_TIMEOUT)))
        except BaseException as error:  # noqa: BLE001 - handled in the thread of the batch
            self._events.put((str(future.key), error))

    def _receive_progress(self, event: tuple[float, Any]) -> None:
        """Called in a thread of the client with each event of the topic."""
        _time, message = event
        self._events.put((message["task"], list(message["progress"])))

    def wait(self, turn: float = POLL_SECONDS) -> FinishedTasks:
        """Return the finished tasks with their results; [] if none within `turn` seconds.

        Raise ClusterFailed if the scheduler is gone, or if no worker can be used for too long.
        """
        end = time.monotonic() + turn
        self._look_for_workers()
        while not self._finished:
            try:
                key, content = self._events.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                break
            self._handle_event(key, content)
        while not self._events.empty():
            self._handle_event(*self._events.get())
        self._start_waiting()
        finished, self._finished = self._finished, []
        return finished

    def _handle_event(self, key: str, content: Any) -> None:
        running = self._running.get(key)
        if running is None:
            return
        if isinstance(content, list):
            self._on_progress(running.task, *content)
            return
        self._forget(key)
        if isinstance(content, bytes):
            remote: RemoteResult = pickle.loads(content)
            if remote.usage:
                self._on_usage(running.task, remote.usage)
            self._finished.append((running.task, remote.result))
        else:
            self._finished.append((running.task, self._explain_error(running, content)))

    def _forget(self, key: str) -> None:
        running = self._running.pop(key)
        if slot := self._slots.get(running.address):
            slot.running -= 1
        running.future.release()

    def _explain_error(self, running: _Running, error: BaseException) -> TaskResult:
        if isinstance(error, MediakeepError):
            raise error
        if isinstance(error, KilledWorker):
            return self._build_death(running)
        if self._client.status != "running":
            raise self._build_failure("its scheduler is gone")
        if isinstance(error, Exception) and not isinstance(error, OSError | TimeoutError):
            return tasks.build_failure(running.task, error)
        return self._build_death(running)

    def _build_death(self, running: _Running) -> WorkerDied:
        slot = self._slots.get(running.address)
        host = slot.host if slot and slot.host != self._host else ""
        return WorkerDied("its Dask worker died", host)

    def _build_failure(self, reason: str) -> ClusterFailed:
        return ClusterFailed(
            self._client.scheduler.address if self._client.scheduler else "", reason
        )

    def _look_for_workers(self) -> None:
        """Check new workers, note missing ones, and give up tasks of those that are gone."""
        if (now := time.monotonic()) < self._next_look:
            return
        self._next_look = now + (_CHECK_SECONDS if self._checks else _REFRESH_SECONDS)
        if self._client.status != "running":
            raise self._build_failure("its scheduler is gone")
        try:
            present: Mapping[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
        except Exception as error:
            raise self._build_failure(f"its scheduler does not answer ({error})") from error
        self._accept(present)
        for address, slot in list(self._slots.items()):
            slot.missing_looks = 0 if address in present else slot.missing_looks + 1
            if slot.missing_looks >= _LOST_LOOKS:
                self._give_up(address)
        self._refused = {name: report for name, report in self._refused.items() if name in present}
        self._check_patience(now)

    def _accept(self, present: Mapping[str, Any]) -> None:
        """Check new workers, and use those that have passed, without waiting for slow ones."""
        for address in present:
            if not any(address in known for known in (self._slots, self._refused, self._checks)):
                self._checks[address] = self._client.submit(
                    host_checks.check_host,
                    self._requirements,
                    key=f"{self._name}-check-{next(_counter)}",
                    workers=[address],
                    retries=0,
                    pure=False,
                )
        for address, check in list(self._checks.items()):
            if address not in present:
                del self._checks[address]
            elif check.done():
                del self._checks[address]
                self._use_worker(address, self._read_report(address, check), present)

    def _read_report(self, address: str, check: Future) -> HostReport:
        try:
            report: HostReport = check.result(timeout=_REPLY_TIMEOUT)
        except ModuleNotFoundError as error:
            return HostReport(address, f"it lacks {error.name}: install mediakeep there")
        except Exception as error:  # noqa: BLE001 - whatever fails there
            return HostReport(address, f"its check failed ({tasks.format_error(error)})")
        return report

    def _use_worker(self, address: str, report: HostReport, present: Mapping[str, Any]) -> None:
        """Open the slots of a worker that has passed its check."""
        if not report.problem:
            errors = self._client.run(
                worker_slots.open_slots,
                self._name,
                self._slots_data,
                workers=[address],
                on_error="return",
            )
            if isinstance(error := errors.get(address), BaseException):
                report = HostReport(report.host, f"{tasks.format_error(error)}")
        if report.problem:
            self._refused[address] = report
        else:
            self._slots[address] = _Slot(report.host, present[address]["nthreads"])

    def _give_up(self, address: str) -> None:
        for key, running in list(self._running.items()):
            if running.address == address:
                self._forget(key)
                self._finished.append((running.task, self._build_death(running)))
        del self._slots[address]

    def _check_patience(self, now: float) -> None:
        """Raise ClusterFailed if no worker can be used for longer than the timeout."""
        if any(not slot.missing_looks for slot in self._slots.values()):
            self._without_worker_since = None
            return
        if self._refused and not self._checks:
            report = next(iter(self._refused.values()))
            raise self._build_failure(f"{report.host} cannot be used: {report.problem}")
        since = self._without_worker_since = self._without_worker_since or now
        if now - since >= self._timeout:
            raise self._build_failure(f"it has had no worker for {self._timeout:g} seconds")

    def request_stop(self) -> None:
        """Ask the running tasks to stop at the next point where their workers may stop."""
        self._call(worker_slots.request_stop)

    def end_tasks(self, key: str) -> FinishedTasks:
        """End the running tasks of an item, and return them."""
        ended = {name: entry for name, entry in self._running.items() if entry.task.key == key}
        if ended:
            self._call(worker_slots.end_item, key)
            with contextlib.suppress(Exception):  # the worker may be gone, and the task with it
                wait([entry.future for entry in ended.values()], timeout=_REPLY_TIMEOUT)
        for name in ended:
            self._forget(name)
        return [(entry.task, TaskStopped()) for entry in ended.values()]

    def close(self, *, kill: bool = False) -> None:
        """End all tasks on the workers, and remove what the batch has opened there."""
        if not kill:
            while self._running and self._slots:
                self.wait()
        self._call(worker_slots.close_slots)
        for name in list(self._running):
            self._forget(name)
        with contextlib.suppress(Exception):
            self._client.unsubscribe_topic(self._name)

    def _call(self, function: Any, *values: Any) -> None:
        """Call a function on all workers of the batch; those that are gone are left out."""
        with contextlib.suppress(Exception):
            self._client.run(
                function, self._name, *values, workers=[*self._slots], on_error="ignore"
            )
