"""Workers of a scheduler are seen while a batch runs, and a lost host is noticed once."""

from __future__ import annotations

import importlib.util
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from mediakeep.cluster import host_watch
from mediakeep.cluster.host_watch import ClusterCallbacks, HostWatch
from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.queue.sessions import WorkerStatus
from mediakeep.runner import batch
from mediakeep.runner.batch_config import BatchCallbacks
from tests import quick_start
from tests.runner import workshop


def test_a_host_is_lost_once_its_last_worker_is_gone_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, lost = [0.0], []
    monkeypatch.setattr(host_watch.time, "monotonic", lambda: now[0])
    watch = HostWatch(ClusterCallbacks(on_lost_host=lost.append))

    def report(seconds: float, *hosts: str) -> list[str]:
        now[0] += seconds
        watch.report([WorkerStatus(host, f"{host}:1", [], 0, 0.0) for host in hosts], "")
        return [lost.pop() for _ in [*lost]]

    assert report(1, *["nas"] * 100, "attic") == []
    assert report(29, "attic") == []  # its workers may start again
    assert report(0.5, "nas", "attic") == []
    assert report(29.5, "attic") == []
    assert report(0.5, "attic") == ["nas"]  # once, not a hundred times
    assert report(60, "attic") == []
    assert report(1, "nas", "attic") == []
    assert sorted(report(30)) == ["attic", "nas"]


@pytest.mark.needs("distributed")
def test_workers_are_seen_while_they_run_and_lost_with_their_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dask
    from distributed import LocalCluster

    from mediakeep.cluster import scheduler

    monkeypatch.setattr(host_watch, "LOST_SECONDS", 0.01)
    things = {f"thing{n:02}": "good 0.05" for n in range(20)} | {"hung": "hang-first"}
    shop = workshop.make_workshop(tmp_path, things)
    lost: list[str] = []
    statuses: dict[str, Any] = {}

    def watch(workers: Any, dashboard: str) -> None:
        shop.queue.session.note_workers(workers, dashboard)  # type: ignore[union-attr]
        (live,) = (shop.status / "live").glob("*.json")
        if workers and workers[0].tasks_per_minute and not lost:
            statuses.update(live=live.read_text(), workers=workers, link=dashboard)
            for pid in used._client.run(os.getpid).values():
                os.kill(pid, signal.SIGKILL)

    with (
        quick_start.suspend(),
        dask.config.set({"distributed.worker.daemon": False}),
        LocalCluster(
            n_workers=1, threads_per_worker=2, dashboard_address="127.0.0.1:0", memory_limit=0
        ) as cluster,
        scheduler.open_scheduler(SchedulerConfig(cluster.scheduler_address, 60.0)) as used,
        used.open_executors([tmp_path], ClusterCallbacks(watch, lost.append)) as open_executor,
    ):
        batch.run_batch(
            shop.queue, shop.opening(), workshop.build_config(workers=2), BatchCallbacks(), (),
            open_executor,
        )  # fmt: skip
    (worker,) = statuses["workers"]
    assert worker.host == os.uname().nodename
    assert "hung" in worker.items
    assert worker.memory > 50_000_000, "its child processes count"
    assert worker.host in statuses["live"]
    # Dask's dashboard needs Bokeh; without it, the same port shows only the health.
    assert statuses["link"].endswith("/status") == (importlib.util.find_spec("bokeh") is not None)
    assert lost == [worker.host], "until Dask has started another one"
    assert set(shop.statuses().values()) == {"completed"}
