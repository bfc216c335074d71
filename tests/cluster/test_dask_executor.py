"""An executor whose workers restart, are busy or join late, and whose process pauses."""

from __future__ import annotations

import concurrent.futures
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from mediakeep.errors import ClusterFailed
from mediakeep.item import Item, Status
from mediakeep.outcome import Stamp, Work
from mediakeep.runner import batch
from mediakeep.runner.batch_config import BatchCallbacks, ExecutionLimits, SettledItem
from mediakeep.runner.executor import ExecutorFactory
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import Task, TaskStopped
from tests.runner import workshop

if TYPE_CHECKING:
    from distributed import Client, Scheduler, Worker

    from mediakeep.cluster.dask_executor import DaskExecutor

pytestmark = pytest.mark.needs("distributed")


@contextlib.contextmanager
def open_ready(open_executor: ExecutorFactory, folder: Path) -> Iterator[DaskExecutor]:
    """Open an executor, and yield it once its two workers are accepted."""
    from mediakeep.cluster.dask_executor import DaskExecutor

    opening = workshop.make_workshop(folder, {}).opening()
    executor = open_executor(
        opening, ExecutionLimits(), StopHandler(), lambda *_: None, (), lambda *_: None
    )
    assert isinstance(executor, DaskExecutor)
    try:
        await_workers(executor)
        yield executor
    finally:
        executor.close()


def await_workers(executor: DaskExecutor) -> None:
    workshop.await_(lambda: executor.wait(0.0) or len(executor._registry.workers) == 2)


async def lose_runners(dask_worker: Worker) -> None:
    """Remove what batches have added, as a restart at the same address does."""
    for name in [name for name in dask_worker.plugins if name.startswith("mediakeep-")]:
        await dask_worker.plugin_remove(name=name)


def list_runners(dask_worker: Worker) -> list[bool]:
    """Return for each batch whether its tasks were asked to stop."""
    return [
        runner._stopping
        for name, runner in dask_worker.plugins.items()
        if name.startswith("mediakeep-")
    ]


def test_a_worker_that_restarts_at_its_address_is_checked_again_and_costs_no_attempt(
    client: Client, open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    things = {f"thing{n}": "good" for n in range(6)}
    shop = workshop.make_workshop(tmp_path / "queue", things)
    recorded: list[str] = []

    def settled(item: SettledItem) -> None:
        recorded.append(item.key)
        if len(recorded) == 3:  # no task is running now
            client.run(lose_runners)

    batch.run_batch(
        shop.queue, shop.opening(), workshop.build_config(workers=1),
        BatchCallbacks(on_item=settled), (), open_executor,
    )  # fmt: skip
    assert sorted(recorded) == sorted(things)
    assert set(shop.statuses().values()) == {"completed"}
    assert {shop.item(key).attempts for key in things} == {1}
    assert {len(shop.processes(key)) for key in things} == {1}


def test_no_trace_of_ended_tasks_is_kept_in_memory(
    client: Client, open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    from dask.utils import key_split

    shop = workshop.make_workshop(tmp_path / "queue", {f"thing{n}": "good" for n in range(30)})
    batch.run_batch(
        shop.queue, shop.opening(), workshop.build_config(workers=2), BatchCallbacks(), (),
        open_executor,
    )  # fmt: skip
    assert key_split.cache_info().currsize <= 4
    found = [client.run_on_scheduler(find_spans), *client.run(find_spans).values()]
    assert found == [[], [], []]


def find_spans(
    dask_scheduler: Scheduler | None = None, dask_worker: Worker | None = None
) -> list[str]:
    """Return the names of the extensions of a scheduler or worker that keep spans."""
    extensions = (dask_scheduler or dask_worker).extensions  # type: ignore[union-attr]
    return [name for name in extensions if name == "spans"]


def test_a_pause_of_the_batch_is_no_silence_of_the_scheduler(
    open_executor: ExecutorFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mediakeep.cluster import worker_registry

    pause = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + pause[0])
    with open_ready(open_executor, tmp_path / "queue") as executor:
        monkeypatch.setattr(worker_registry, "time", clock)
        executor._registry._request = concurrent.futures.Future()  # no answer comes
        pause[0] = 1000.0
        assert executor.wait(0.0) == []
        with pytest.raises(ClusterFailed, match="its scheduler has not answered for 60 seconds"):
            wait_on(executor, pause)
        assert pause[0] > 1050.0


def wait_on(executor: DaskExecutor, pause: list[float]) -> None:
    """Let seconds pass, in each of which the batch waits once."""
    for _ in range(100):
        pause[0] += 1.0
        executor.wait(0.0)


def wait_for_file(path: str) -> None:
    """Keep a thread of a worker busy."""
    workshop.await_(Path(path).exists)


def test_workers_that_another_batch_keeps_busy_are_accepted(
    client: Client, open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    addresses = client.scheduler_info(n_workers=-1)["workers"]
    busy = [
        client.submit(wait_for_file, str(go), workers=[address], pure=False)
        for address in addresses
    ]
    workshop.await_(lambda: all(client.processing().values()))
    try:
        with open_ready(open_executor, tmp_path / "queue"):
            assert not any(future.done() for future in busy)
    finally:
        go.touch()
    client.gather(busy)


def test_each_worker_hears_of_a_stop_also_if_it_joins_later(
    client: Client, open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    with open_ready(open_executor, tmp_path / "queue") as executor:
        executor.request_stop()
        workshop.await_(lambda: set(map(all, client.run(list_runners).values())) == {True})
        client.run(lose_runners)
        for worker in [*executor._registry.workers.values()]:
            executor._give_up(worker)
        await_workers(executor)
        assert [*client.run(list_runners).values()] == [[False]] * 2
        executor.request_stop()
        workshop.await_(lambda: [*client.run(list_runners).values()] == [[True]] * 2)
    assert [*client.run(list_runners).values()] == [[]] * 2


def test_tasks_that_wait_for_a_worker_end_with_their_item(
    open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    with open_ready(open_executor, tmp_path / "queue") as executor:
        for worker in executor._registry.workers.values():
            worker.running = ["cow"] * worker.threads
        ant, bee = (
            Task(key, Work(Item(status=Status.PENDING), Stamp("", key, 1, 1)))
            for key in ("ant", "bee")
        )
        executor.submit(ant)
        executor.submit(bee)
        assert executor.end_tasks("ant") == [(ant, TaskStopped())]
        assert [*executor._waiting] == [bee]


def test_a_batch_that_ends_during_the_checks_leaves_nothing_on_the_workers(
    client: Client, open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    opening = workshop.make_workshop(tmp_path / "queue", {}).opening()
    executor = open_executor(
        opening, ExecutionLimits(), StopHandler(), lambda *_: None, (), lambda *_: None
    )
    workshop.await_(lambda: executor.wait(0.0) or executor._registry._checks)  # type: ignore[attr-defined]
    executor.close()
    assert [*client.run(list_runners).values()] == [[]] * 2
