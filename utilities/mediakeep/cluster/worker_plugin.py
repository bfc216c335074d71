"""Run the tasks of a batch on a Dask worker, each in a child process of its own.

A decoder that crashes, hangs or uses up the memory ends its child process and not the Dask worker.
These functions and the plugin run in the Dask worker, which may be on another host.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import pickle
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import distributed
import msgspec
from distributed import WorkerPlugin, get_worker

from mediakeep import path_text, queue_host_client, size_text
from mediakeep.cluster import host_checks, path_map
from mediakeep.cluster.host_checks import HostRequirements
from mediakeep.errors import ItemFailed
from mediakeep.media import temp_copies
from mediakeep.outcome import Worker, WorkerFactory
from mediakeep.queue_host_client import Certificates, HostAddress
from mediakeep.runner import tasks
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.pool import WorkerPool
from mediakeep.runner.task_usage import TaskUsage
from mediakeep.runner.tasks import Task, TaskResult, TaskStopped

MAX_RESULT = 64_000_000  # bytes
_TURN = 0.25  # seconds between two looks at requests of the batch
_UNUSED_SECONDS = 600.0  # without a task, after which a batch may be gone


@contextlib.contextmanager
def open_worker_on_host(
    worker_factory: WorkerFactory,
    address: HostAddress | None,
    home: Path,
    mounts: Mapping[str, str],
) -> Iterator[Worker]:
    """Open the worker of a child process, with the services and the paths of the queue's host.

    `home` stands for the home, if that host serves it. `mounts` are as for `path_text.use_mounts`.
    """
    path_text.use_mounts(mounts)
    temp_copies.remove_abandoned(home / "status" / "undo")
    with queue_host_client.use_host(address, home), worker_factory() as worker:
        yield worker


class RemoteResult(msgspec.Struct, frozen=True):
    """The result of a task, and what the task used."""

    result: TaskResult
    usage: TaskUsage | None


class TaskRunner(WorkerPlugin):  # type: ignore[misc]
    """Runs the tasks of one batch on a Dask worker, in child processes.

    `topic` is where the progress of tasks is published. If the host of the queue serves its home, a
    folder of the Dask worker stands for it, with caches of files, which end with the Dask worker.
    """

    def __init__(
        self,
        worker_factory: WorkerFactory,
        limits: ExecutionLimits,
        requirements: HostRequirements,
        topic: str,
    ) -> None:
        self._factory, self._limits, self._topic = worker_factory, limits, topic
        self._shared, self._address = requirements.folders, requirements.queue_host

    def setup(self, worker: distributed.Worker) -> None:
        """Called when the plugin arrives at a Dask worker."""
        self._worker, self._to_here = worker, path_map.read_map()
        self._to_queue = path_map.invert_map(self._to_here)
        address, to_worker = add_certificates(self._address, worker.security), self._to_here
        home = Path(worker.local_directory)
        if address and address.home:
            home /= f"home-{hashlib.sha256(address.home.encode()).hexdigest()[:16]}"
            served = path_text.unescape_path(address.home)
            # Paths of shared folders stay those of folders, also if these are in the home.
            shared = map(path_text.unescape_path, self._shared)
            folders = {path_text.move_path(name, self._to_here): name for name in shared}
            self._to_queue = {str(home): served, **self._to_queue, **folders}
            to_worker = {**self._to_here, served: str(home)}
        self._factory = functools.partial(
            open_worker_on_host,
            path_map.move_paths(self._factory, to_worker),
            address,
            home,
            self._to_queue,
        )
        self._lock = threading.Lock()
        self._idle: list[WorkerPool] = []
        self._usage: dict[str, TaskUsage] = {}
        self._stopping = self._closing = False
        self._ended: set[str] = set()  # keys of Dask's tasks, like the next ones
        self._running: set[str] = set()
        self._last_use = time.monotonic()
        self._removal = asyncio.create_task(self._remove_when_unused())
        worker.metrics[self._topic] = measure_memory

    async def _remove_when_unused(self) -> None:
        """Remove the plugin after a while without tasks, as its batch may have been killed.

        If the batch still runs, its next task raises RunnerMissing, and the plugin comes again.
        """
        while not self._closing:
            await asyncio.sleep(_UNUSED_SECONDS / 10)
            with self._lock:
                unused = time.monotonic() - self._last_use
                self._closing = not self._running and unused >= _UNUSED_SECONDS
        await self.close()

    async def teardown(self, worker: distributed.Worker) -> None:
        """Called when the batch ends, or the Dask worker does: kill what is running."""
        self._closing = True
        if self._removal is not asyncio.current_task():
            self._removal.cancel()
        worker.metrics.pop(self._topic, None)
        await asyncio.to_thread(self._close_idle)

    async def close(self) -> None:
        """End all tasks of the batch on this Dask worker, and remove the plugin."""
        await self._worker.plugin_remove(name=self._topic)

    def request_stop(self) -> None:
        """Let running tasks stop where their workers allow that."""
        self._stopping = True

    async def end_tasks(self, keys: set[str]) -> None:
        """End tasks, and return when they have ended; those that have not begun never will."""
        self._ended |= keys
        while self._running & keys:
            await asyncio.sleep(_TURN / 10)

    def run(self, data: bytes) -> bytes:
        """Run a pickled task to its end, and return a pickled RemoteResult."""
        running_key = _running_key()
        with self._lock:
            if self._closing:
                raise RunnerMissing
            self._running.add(running_key)
        try:
            task: Task = path_map.move_paths(pickle.loads(data), self._to_here)
            if task.alone:
                self._worker.log_event(self._topic, {"task": running_key, "progress": []})
                self._close_idle()  # as their memory may be the cause of its death
            result = self._run_in_pool(task, running_key)
        finally:
            self._last_use = time.monotonic()
            self._running.discard(running_key)
            self._ended.discard(running_key)
        usage = self._usage.pop(running_key, None)
        result = path_map.move_paths(result, self._to_queue)
        result = path_map.translate_full_volume(result, self._to_queue, self._shared)
        return self._pickle_result(task, RemoteResult(result, usage))

    def _run_in_pool(self, task: Task, running_key: str) -> TaskResult:
        if running_key in self._ended:
            return TaskStopped()
        with self._lend_pool() as pool:
            pool.submit(task)
            while not (ended := pool.wait(_TURN)):
                if self._closing or running_key in self._ended or self._is_released(running_key):
                    ended = pool.end_tasks(task.key)
                    break
                if self._stopping:
                    pool.request_stop()
        return ended[0][1]

    def _is_released(self, key: str) -> bool:
        """Return whether the scheduler has released a task, as it does if its batch is gone."""
        state = self._worker.state.tasks.get(key)
        return state is None or state.state != "executing"

    @contextlib.contextmanager
    def _lend_pool(self) -> Iterator[WorkerPool]:
        """Yield a pool for one task at a time, with the process of an earlier task if possible."""
        with self._lock:
            pool = self._idle.pop() if self._idle else None
        pool = pool or WorkerPool(
            self._factory, self._limits, self._on_progress, on_usage=self._on_usage
        )
        try:
            yield pool
        except BaseException:
            pool.close(kill=True)
            raise
        with self._lock:
            self._idle.append(pool)
        if self._closing:
            self._close_idle()

    def _close_idle(self) -> None:
        with self._lock:
            pools, self._idle = self._idle, []
        for pool in pools:
            pool.close(kill=True)

    def _on_progress(self, _task: Task, done: int, of: int, service: str) -> None:
        message = {"task": _running_key(), "progress": [done, of, service]}
        self._worker.log_event(self._topic, message)

    def _on_usage(self, _task: Task, usage: TaskUsage) -> None:
        self._usage[_running_key()] = usage

    def _pickle_result(self, task: Task, result: RemoteResult) -> bytes:
        data = pickle.dumps(result)
        if len(data) <= MAX_RESULT:
            return data
        size, most = size_text.format_size(len(data)), size_text.format_size(MAX_RESULT)
        error = ItemFailed(f"The result of the worker has {size}; a host may send {most}.")
        return pickle.dumps(RemoteResult(tasks.build_failure(task, error), result.usage))


def add_certificates(address: HostAddress | None, security: Any) -> HostAddress | None:
    """Return an address with the certificates of a Dask worker, if connections need any."""
    if address is None or address.certificates is None:
        return address
    certificates = Certificates(
        security.tls_ca_file, security.tls_worker_cert, security.tls_worker_key
    )
    return msgspec.structs.replace(address, certificates=certificates)


def _running_key() -> str:
    return str(get_worker().get_current_task())


def measure_memory(worker: distributed.Worker) -> int:
    """Return the resident size of a Dask worker and its child processes, in bytes."""
    size, process = 0, worker.monitor.proc
    for each in (process, *process.children(recursive=True)):
        with contextlib.suppress(Exception):  # it has ended
            size += each.memory_info().rss
    return size


class RunnerMissing(ConnectionError):
    """The Dask worker has restarted, and lacks the task runner of a batch."""


async def prepare_host(name: str, data: bytes, dask_worker: distributed.Worker) -> bytes:
    """Check this host, and add the task runner of a batch if it passes.

    `data` are the pickled requirements and, pickled again, the runner, which an unfit host cannot
    read. Return a pickled HostReport.
    """
    requirements, runner = pickle.loads(data)
    address = add_certificates(requirements.queue_host, dask_worker.security)
    requirements = msgspec.structs.replace(requirements, queue_host=address)
    report = await asyncio.to_thread(host_checks.check_host, requirements)
    if not report.problem:
        plugin = pickle.loads(runner)
        await dask_worker.plugin_add(plugin=plugin, name=name, catch_errors=False)
    return pickle.dumps(report)


def run_task(name: str, data: bytes) -> bytes:
    """Run a task of a batch; called by Dask in a thread of the worker."""
    runner: TaskRunner | None = get_worker().plugins.get(name)
    if runner is None:
        raise RunnerMissing
    return runner.run(data)


async def call_runner(
    name: str, method: str, *values: Any, dask_worker: distributed.Worker
) -> None:
    """Call a method of the task runner of a batch, if this Dask worker has one."""
    if runner := dask_worker.plugins.get(name):
        result = getattr(runner, method)(*values)
        if asyncio.iscoroutine(result):
            await result
