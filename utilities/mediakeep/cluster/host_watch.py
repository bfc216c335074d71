"""Report the workers of a scheduler to a batch: what each one does, and what is lost or refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from mediakeep.queue.sessions import WorkerStatus

LOST_SECONDS = 30.0  # without a worker, until a host counts as lost: a worker may start again


class ClusterCallbacks(msgspec.Struct, frozen=True):
    """Functions that are called once a second with the workers, and with what cannot be used.

    `on_workers` also gets the address of Dask's dashboard, "" if it does not run; `on_refused` gets
    a sentence.
    """

    on_workers: Callable[[Sequence[WorkerStatus], str], None] = lambda *_: None
    on_lost_host: Callable[[str], None] = lambda _: None
    on_refused: Callable[[str], None] = lambda _: None


NO_CALLBACKS = ClusterCallbacks()


class HostWatch:
    """Notices when the last worker of a host is gone."""

    def __init__(self, callbacks: ClusterCallbacks) -> None:
        self._callbacks = callbacks
        self._seen: dict[str, float] = {}  # hosts, with the time of their last worker

    def report(self, workers: Sequence[WorkerStatus], dashboard: str) -> None:
        """Report the workers that can be used now; each lost host is reported once."""
        now = time.monotonic()
        self._seen.update((worker.host, now) for worker in workers)
        for host in [host for host, seen in self._seen.items() if now - seen >= LOST_SECONDS]:
            del self._seen[host]
            self._callbacks.on_lost_host(host)
        self._callbacks.on_workers(workers, dashboard)
