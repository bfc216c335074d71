"""Track the Dask workers of a batch: which exist, have passed their checks, and are free.

The scheduler may answer late or never, and the batch must not wait for it: each `update` sends a
request, or takes the answer to an earlier one.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import pickle
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from distributed import Client

from mediakeep.cluster.connection import ClusterAccess, find_missing_module
from mediakeep.cluster.host_checks import HostReport
from mediakeep.cluster.host_watch import HostWatch
from mediakeep.errors import ClusterFailed
from mediakeep.queue.sessions import WorkerStatus
from mediakeep.runner import tasks

_REQUEST_SECONDS = 1.0  # between two requests for the workers
_LOST_SECONDS = 3.0  # without an entry at the scheduler, after which a worker is lost
_MIN_PATIENCE = 10.0  # seconds for an answer of the scheduler, or for a check
_MAX_SAMPLES = 60  # from which the tasks per minute are computed
PendingCall = concurrent.futures.Future[Any]  # of the loop of the client


class AcceptedWorker(msgspec.Struct, eq=False):
    """A Dask worker whose host has passed the checks.

    `running` has the item of each running task, `done` is the number of finished ones.
    """

    address: str
    host: str
    threads: int
    running: list[str] = []
    done: int = 0
    missing_since: float = 0.0  # 0.0: it is there
    samples: deque[tuple[float, int]] = msgspec.field(  # times, with the tasks done
        default_factory=lambda: deque([(time.monotonic(), 0)], _MAX_SAMPLES)
    )
    stop_call: PendingCall | None = None

    @property
    def idle_threads(self) -> int:
        """The number of tasks that the worker can take now."""
        return 0 if self.missing_since else self.threads - len(self.running)

    @property
    def remote_host(self) -> str:
        """The name of the host for messages, "" for this one."""
        return self.host if self.host != socket.gethostname() else ""

    @property
    def is_asked_to_stop(self) -> bool:
        """True if a call that asks the tasks to stop has arrived, or is on its way."""
        call = self.stop_call
        return bool(call and not (call.done() and (call.cancelled() or call.exception())))

    def note_missing(self) -> None:
        """Give the worker no task until the scheduler reports it again."""
        self.missing_since = self.missing_since or time.monotonic()

    def end_task(self, key: str) -> None:
        """Count a task of an item as done."""
        self.running.remove(key)
        self.done += 1

    def compute_tasks_per_minute(self, now: float) -> float:
        """Add a sample, and return the tasks per minute since the oldest one."""
        since, before = self.samples[0]
        self.samples.append((now, self.done))
        return 60 * (self.done - before) / (now - since) if since < now else 0.0


class _HostCheck(msgspec.Struct, frozen=True):
    threads: int
    call: PendingCall


class WorkerRegistry:
    """The workers of a scheduler, and among them those that a batch may use.

    `begin_check` is called with the address of a new worker. The result of the call that it returns
    has one value, the pickled HostReport.
    """

    def __init__(
        self, cluster: ClusterAccess, name: str, begin_check: Callable[[str], PendingCall]
    ) -> None:
        self._cluster, self._name, self._begin_check = cluster, name, begin_check
        self._client: Client = cluster.client
        self.patience = max(cluster.timeout, _MIN_PATIENCE)
        self.workers: dict[str, AcceptedWorker] = {}  # by address, like those below
        self._checks: dict[str, _HostCheck] = {}
        self._refused: dict[str, HostReport] = {}
        self._request: PendingCall | None = None
        self._requested, self._next_request, self._silence = 0.0, 0.0, 0.0
        self._had_worker = False
        self._last_update = self._without_worker_since = time.monotonic()
        self._watch = HostWatch(cluster.callbacks)

    def choose_worker(self) -> AcceptedWorker | None:
        """Return the worker with the most free threads, or None if all are busy."""
        free = [worker for worker in self.workers.values() if worker.idle_threads > 0]
        return max(free, key=lambda worker: worker.idle_threads, default=None)

    def update(self) -> list[AcceptedWorker]:
        """Check new workers, note missing ones, and return those that have been so for too long.

        Raise ClusterFailed if the scheduler is gone, or if no worker can be used for too long.
        """
        now = time.monotonic()
        # A pause of this process, such as Ctrl-Z or a long wait, is no silence of the scheduler.
        self._silence += min(now - self._last_update, _REQUEST_SECONDS)
        self._last_update = now
        if self._client.status != "running":
            raise self.build_failure("its scheduler is gone")
        for address, check in list(self._checks.items()):
            if check.call.done():
                del self._checks[address]
                self._end_check(address, check)
        info = None
        if self._request and self._request.done():
            request, self._request = self._request, None
            with contextlib.suppress(OSError, concurrent.futures.CancelledError):  # next time
                info = request.result()
        elif self._request is None and now >= self._next_request:
            self._requested, self._next_request = now, now + _REQUEST_SECONDS
            self._request = asyncio.run_coroutine_threadsafe(
                self._client.scheduler.identity(n_workers=-1), self._client.loop.asyncio_loop
            )
        if info:
            return self._compare_workers(info["workers"], now)
        if self._silence > self.patience:
            raise self.build_failure(
                f"its scheduler has not answered for {self.patience:g} seconds"
            )
        return []

    def _compare_workers(
        self, present: Mapping[str, Mapping[str, Any]], now: float
    ) -> list[AcceptedWorker]:
        """Note what has changed since the last answer, and return the lost workers."""
        self._silence = 0.0
        known = {*self.workers, *self._refused, *self._checks}
        for address in present.keys() - known:
            call = self._begin_check(address)
            self._checks[address] = _HostCheck(present[address]["nthreads"], call)
        for address, worker in self.workers.items():
            if address not in present:
                worker.note_missing()
            elif worker.missing_since < self._requested:  # else the answer may be older
                worker.missing_since = 0.0
        self._refused = {name: report for name, report in self._refused.items() if name in present}
        self._checks = {name: check for name, check in self._checks.items() if name in present}
        usable = [worker for worker in self.workers.values() if not worker.missing_since]
        self._watch.report(
            [self._build_status(worker, present, now) for worker in usable],
            self._cluster.dashboard,
        )
        if usable or self._checks:
            self._without_worker_since = now
        else:
            self._check_patience(now)
        return [
            worker
            for worker in self.workers.values()
            if worker.missing_since and now - worker.missing_since >= _LOST_SECONDS
        ]

    def _build_status(
        self, worker: AcceptedWorker, present: Mapping[str, Mapping[str, Any]], now: float
    ) -> WorkerStatus:
        return WorkerStatus(
            worker.host,
            worker.address,
            sorted({*worker.running}),
            present[worker.address].get("metrics", {}).get(self._name, 0),
            round(worker.compute_tasks_per_minute(now), 1),
        )

    def _check_patience(self, now: float) -> None:
        """Raise ClusterFailed if there never was a usable worker, or none has come for too long."""
        is_over = now - self._without_worker_since >= self._cluster.timeout
        if self._refused and (is_over or not self._had_worker):
            raise self.build_failure(f"its {_explain_refusal(*next(iter(self._refused.items())))}")
        if is_over:
            raise self.build_failure(f"it has had no worker for {self._cluster.timeout:g} seconds")

    def _end_check(self, address: str, check: _HostCheck) -> None:
        """Accept a worker that has passed its check."""
        try:
            (data,) = check.call.result().values()
            report: HostReport = pickle.loads(data)
        except Exception as error:  # noqa: BLE001 - another environment may send anything
            report = HostReport(address, self._explain_check_error(error))
        if report.problem:
            self._refused[address] = report
            reason = _explain_refusal(address, report)
            self._cluster.callbacks.on_refused(f"The Dask {reason}.")
            self._next_request = 0.0  # its answer may end the batch
        else:
            self.workers[address] = AcceptedWorker(address, report.host, check.threads)
            self._had_worker = True

    def _explain_check_error(self, error: Exception) -> str:
        if missing := find_missing_module(error):
            return f"it lacks {missing}: install mediakeep there"
        if isinstance(error, TimeoutError):
            return f"its check takes over {self.patience:g} seconds"
        return f"its check failed ({tasks.format_error(error)})"

    def finish_checks(self, timeout: float) -> list[str]:
        """Wait for the end of running checks, and return the addresses of their workers."""
        if self._client.status == "running":
            concurrent.futures.wait([check.call for check in self._checks.values()], timeout)
        return [*self._checks]

    def build_failure(self, reason: str) -> ClusterFailed:
        """Return the error that ends a batch for a reason, which is a clause."""
        scheduler = self._client.scheduler
        return ClusterFailed(scheduler.address if scheduler else "", reason)


def _explain_refusal(address: str, report: HostReport) -> str:
    """Return a clause about a worker that has not passed its check."""
    host = f" on {report.host}" if report.host != address else ""
    return f"worker {address}{host} is refused: {report.problem}"
