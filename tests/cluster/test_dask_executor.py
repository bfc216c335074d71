"""An executor whose workers restart, are busy or join late, and whose process pauses."""

from __future__ import annotations

import concurrent.futures
import contextlib
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from mediakeep import home_rpc, queue_host_client
from mediakeep.cluster.host_checks import HostReport
from mediakeep.cluster.host_watch import ClusterCallbacks
from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.errors import ClusterFailed
from mediakeep.item import Item, Status
from mediakeep.outcome import Stamp, Work
from mediakeep.runner import batch
from mediakeep.runner.batch_config import BatchCallbacks, ExecutionLimits, SettledItem
from mediakeep.runner.executor import ExecutorFactory
from mediakeep.runner.signals import StopHandler
from mediakeep.runner.tasks import Task, TaskStopped, WorkerDied
from tests import quick_start
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop

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
        executor.wait(0.001)


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


def build_task(key: str, *, alone: bool = False) -> Task:
    """Return the task of an item that nothing is known of."""
    return Task(key, Work(Item(status=Status.PENDING), Stamp("", key, 1, 1)), alone=alone)


def test_tasks_that_wait_for_a_worker_end_with_their_item(
    open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    with open_ready(open_executor, tmp_path / "queue") as executor:
        for worker in executor._registry.workers.values():
            worker.running = ["cow"] * worker.threads
        ant, bee = build_task("ant"), build_task("bee")
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


def test_a_task_that_a_busy_worker_has_not_begun_ends_at_once_and_never_begins(
    client: Client, open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    with open_ready(open_executor, tmp_path / "queue") as executor:
        addresses = [*executor._registry.workers]
        busy = [
            client.submit(wait_for_file, str(go), workers=[address], pure=False)
            for address in addresses
        ]
        workshop.await_(lambda: all(client.processing().values()))
        try:
            executor.submit(build_task("ant"))
            assert executor.end_tasks("ant") == [(build_task("ant"), TaskStopped())]
            assert not go.exists()
        finally:
            go.touch()
        client.gather(busy)
        assert executor.wait(0.0) == []
        executor.submit(build_task("bee"))
        assert [task.key for task, _ in workshop.await_(executor.wait)] == ["bee"]
    assert [note[1] for note in Workshop(tmp_path / "queue", toys.PLAIN).notes("start")] == ["bee"]


def test_a_task_that_runs_alone_is_sent_again_if_its_worker_was_gone_before_it_began(
    open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    from distributed import KilledWorker

    from mediakeep.cluster.worker_registry import AcceptedWorker

    with open_ready(open_executor, tmp_path / "queue") as executor:
        workers = {**executor._registry.workers}
        gone = AcceptedWorker("tcp://127.0.0.1:1", "gone", 1)
        executor._registry.workers = {gone.address: gone}
        for alone in (False, True):
            gone.missing_since, task = 0.0, build_task("ant", alone=alone)
            executor.submit(task)
            (running,) = executor._running.values()
            executor._end_task(str(running.future.key), running, KilledWorker("ant", None, 1))
            found = [(one, type(result)) for one, result in executor.wait(0.0)]
            assert found == ([] if alone else [(task, WorkerDied)])
        assert [*executor._waiting] == [task]
        executor._registry.workers = workers
        results = workshop.await_(executor.wait)
        assert [one for one, _ in results] == [task]
        assert not isinstance(results[0][1], WorkerDied)


def test_an_answer_that_is_older_than_the_death_of_a_worker_proves_nothing(
    open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    with open_ready(open_executor, tmp_path / "queue") as executor:
        registry = executor._registry
        worker, *_ = registry.workers.values()
        present = {address: {"nthreads": 1} for address in registry.workers}
        worker.note_missing()
        registry._requested = worker.missing_since - 1.0
        registry._compare_workers(present, worker.missing_since + 0.1)
        assert worker.idle_threads == 0
        registry._requested = worker.missing_since + 1.0
        registry._compare_workers(present, worker.missing_since + 1.1)
        assert worker.idle_threads == 1


def test_a_refused_worker_ends_no_batch_that_had_another_one(
    open_executor: ExecutorFactory, tmp_path: Path
) -> None:
    with open_ready(open_executor, tmp_path / "queue") as executor:
        registry, now = executor._registry, time.monotonic()
        registry._refused = {"tcp://127.0.0.1:1": HostReport("bad", "it is too old")}
        registry._without_worker_since = now
        registry._check_patience(now + 1.0)
        refusal = "its worker tcp://127.0.0.1:1 on bad is refused: it is too old"
        with pytest.raises(ClusterFailed, match=refusal):
            registry._check_patience(now + 100.0)
        registry._had_worker = False
        with pytest.raises(ClusterFailed, match=refusal):
            registry._check_patience(now + 1.0)


def test_a_refused_worker_is_reported(open_executor: ExecutorFactory, tmp_path: Path) -> None:
    from mediakeep.cluster.worker_registry import _HostCheck

    found: list[str] = []
    with open_ready(open_executor, tmp_path / "queue") as executor:
        registry, late = executor._registry, concurrent.futures.Future[Any]()
        callbacks = ClusterCallbacks(on_refused=found.append)
        registry._cluster = structs.replace(registry._cluster, callbacks=callbacks)
        late.set_exception(TimeoutError())
        registry._end_check("tcp://127.0.0.1:1", _HostCheck(1, late))
    reason = "is refused: its check takes over 60 seconds."
    assert found == [f"The Dask worker tcp://127.0.0.1:1 {reason}"]


def test_what_has_arrived_is_returned_before_the_error_that_ends_the_batch(
    open_executor: ExecutorFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_ready(open_executor, tmp_path / "queue") as executor:
        tasks = [build_task("ant"), build_task("bee")]
        for task in tasks:
            executor.submit(task)
        # Events of both arrive before the batch looks again, whose scheduler is gone by then.
        workshop.await_(lambda: all(one.future.done() for one in executor._running.values()))
        workshop.await_(lambda: executor._events.qsize() >= 2)

        def fail() -> list[object]:
            raise executor._registry.build_failure("its scheduler is gone")

        monkeypatch.setattr(executor._registry, "update", fail)
        assert {task.key for task, _ in executor.wait()} == {"ant", "bee"}
        assert executor.wait(0.0) == [], "the batch records what it has first"
        with pytest.raises(ClusterFailed, match="its scheduler is gone"):
            executor.wait()


def test_the_runner_of_a_killed_batch_is_removed_from_the_workers_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client, LocalCluster

    from mediakeep.cluster import connection, dask_executor, host_checks, worker_plugin

    monkeypatch.setattr(worker_plugin, "_UNUSED_SECONDS", 0.2)
    shop = workshop.make_workshop(tmp_path, {})
    with (
        quick_start.suspend(),
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,  # whose workers are in this process
        Client(cluster, set_as_default=False) as client,
        host_checks.write_probes([tmp_path]) as requirements,
    ):
        executor = dask_executor.DaskExecutor(
            connection.ClusterAccess(client, requirements), shop.opening(), ExecutionLimits(),
            StopHandler(), lambda *_: None,
        )  # fmt: skip
        await_workers(executor)
        workshop.await_(lambda: [*client.run(list_runners).values()] == [[]] * 2)
        task = build_task("ant")
        executor.submit(task)  # the batch was not killed: its runner comes again
        results = workshop.await_(executor.wait)
        assert [one for one, _ in results] == [task]
        assert not isinstance(results[0][1], WorkerDied)
        executor.close()


def test_workers_of_this_machine_are_not_restarted_after_a_pause_of_minutes(client: Client) -> None:
    assert client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.worker_ttl) is None


_QUIET = """
import logging, signal, sys
from mediakeep.cluster import connection
from mediakeep.cluster.settings import SchedulerConfig

def list_blocked():
    return {int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, [])}

if __name__ == "__main__":
    with connection.open_cluster(SchedulerConfig("local:2")) as client:
        blocked = [*client.run(list_blocked).values()]
        names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
        levels = {logging.getLogger(name).getEffectiveLevel() for name in names}
    print(len(blocked), {2, 15} <= blocked[0] & blocked[1], levels)
"""


def test_a_terminal_gets_no_signal_to_workers_and_no_log_of_dask(tmp_path: Path) -> None:
    # A new process, in which nothing has started the resource tracker of multiprocessing.
    script = tmp_path / "quiet.py"
    script.write_text(_QUIET)
    with quick_start.suspend():
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(script)],
            env=workshop.environment(), capture_output=True, text=True,
        )  # fmt: skip
    assert done.stdout == f"2 True {{{logging.CRITICAL}}}\n", done.stderr


def test_workers_that_do_not_start_end_the_batch_with_exit_code_4(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mediakeep.cluster import connection

    def fail(_workers: int) -> None:  # as Dask does if a process cannot start
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr(connection, "_open_local", fail)
    with (
        pytest.raises(ClusterFailed, match=r"did not start .*Nanny failed to start") as error,
        connection.open_cluster(SchedulerConfig("local:2")),
    ):
        pytest.fail("the cluster was used")
    assert error.value.exit_code == 4


def test_the_home_is_served_over_ipv6(memory: Path) -> None:
    from mediakeep.cluster import connection

    config = SchedulerConfig("tcp://[::1]:1")
    with connection.serve_hosts(config, memory, is_home_served=True) as served:
        assert served
        assert served.host == "::1"
        with queue_host_client.use_host(served, memory):
            assert home_rpc.call_at_home(Path.is_dir, memory)


def test_a_scheduler_whose_name_is_unknown_is_named_with_exit_code_4(memory: Path) -> None:
    from mediakeep.cluster import connection

    config = SchedulerConfig("tcp://no-such-host.invalid:1")
    with (
        pytest.raises(ClusterFailed, match=r"no-such-host.invalid:1 cannot be used"),
        connection.serve_hosts(config, memory, is_home_served=True),
    ):
        pytest.fail("the address was used")
