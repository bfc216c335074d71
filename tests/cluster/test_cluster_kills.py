"""Workers and schedulers that are killed: each item is recorded once, and no neighbour pays."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.errors import ClusterFailed
from mediakeep.item import Status
from mediakeep.runner import batch
from mediakeep.runner.batch_config import BatchCallbacks, SettledItem
from tests import quick_start
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop
from tests.sampling import some

pytestmark = pytest.mark.needs("distributed")

PATIENCE = 60.0  # seconds after which a test gives up waiting


def run(
    shop: Workshop,
    config: SchedulerConfig,
    on_item: Callable[[Any, dict[str, int]], None] = lambda *_: None,
) -> Counter[str]:
    """Run a batch on a scheduler, and return how often each item was recorded.

    `on_item` is called after each item, with the client and the processes of the
    Dask workers by address.
    """
    from mediakeep.cluster import connection, dask_executor, host_checks

    recorded: Counter[str] = Counter()
    with (
        quick_start.suspend(),
        connection.open_cluster(config) as client,
        host_checks.write_probes([shop.folder]) as requirements,
    ):
        open_executor = functools.partial(
            dask_executor.DaskExecutor, connection.ClusterAccess(client, requirements)
        )
        client.wait_for_workers(2, PATIENCE)
        pids = client.run(os.getpid)

        def settled(item: SettledItem) -> None:
            recorded[item.key] += 1
            on_item(client, pids)

        face = BatchCallbacks(on_item=settled)
        plan = workshop.build_config(workers=2, delay=0.0)
        batch.run_batch(shop.queue, shop.opening(), plan, face, (), open_executor)
    return recorded


@pytest.mark.loop
@pytest.mark.parametrize("after", some([2, 5, 8], 1))
def test_a_killed_worker_costs_its_items_no_attempt(tmp_path: Path, after: int) -> None:
    things = {f"thing{n:02}": "good 0.05" for n in range(12)} | {"thing00": "hang-first"}
    shop = workshop.make_workshop(tmp_path, things)
    busy: list[dict[str, set[str]]] = []  # tasks by worker, after each item

    def kill_one(client: Any, pids: dict[str, int]) -> None:
        busy.append({name: set(keys) for name, keys in client.processing().items()})
        if len(busy) == after:
            workshop.await_(lambda: shop.processes("thing00"))  # else it hangs after the kill
            (hung,) = [name for name, keys in busy[-1].items() if keys & busy[0].get(name, set())]
            os.kill(pids[hung], signal.SIGKILL)

    recorded = run(shop, SchedulerConfig("local:2"), kill_one)
    assert set(recorded.values()) == {1}
    assert len(recorded) == 12
    items = [shop.item(key) for key in recorded]
    assert {item.status for item in items} == {Status.COMPLETED}
    assert {item.attempts for item in items} == {1}
    twice = [key for key in recorded if len(shop.processes(key)) > 1]
    assert twice == ["thing00"], "what ran on the dead worker, and nothing else, ran again"
    assert any("it will run again, alone" in str(line) for line in shop.log())


def note_start(folder: str) -> None:
    """Note that this began, then take long; called by Dask."""
    Path(folder, f"{time.monotonic_ns()}").touch()
    while not Path(folder, "go").exists():
        time.sleep(0.05)


@pytest.mark.loop
def test_by_its_defaults_dask_does_the_work_of_a_dead_worker_twice(tmp_path: Path) -> None:
    import dask
    from distributed import Client, LocalCluster

    defaults = {"distributed.scheduler.allowed-failures": 3}  # other tests set it to 0
    with (
        quick_start.suspend(),
        dask.config.set(defaults),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        future = client.submit(note_start, str(tmp_path), pure=False)
        workshop.await_(lambda: os.listdir(tmp_path))
        address = next(iter(client.who_has(future).values()), None) or next(
            name for name, keys in client.processing().items() if keys
        )
        pids = client.run(os.getpid)
        os.kill(pids[address], signal.SIGKILL)
        workshop.await_(lambda: len(os.listdir(tmp_path)) == 2)
        (tmp_path / "go").touch()
        future.result(timeout=PATIENCE)


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], SchedulerConfig]]:
    """A scheduler and two workers as commands, and their configuration."""
    file = tmp_path / "scheduler.json"
    python = [sys.executable, "-W", "ignore", "-m"]
    env = {
        **workshop.environment(),
        "DASK_DISTRIBUTED__WORKER__DAEMON": "False",
        "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical",
    }
    options = ["--no-dashboard", "--host", "127.0.0.1"]
    words = [*python, "distributed.cli.dask_scheduler", *options, "--port", "0"]
    started = [subprocess.Popen([*words, "--scheduler-file", str(file)], env=env)]
    try:
        address = workshop.await_(lambda: _read_address(file))
        words = [*python, "distributed.cli.dask_worker", address, *options, "--nthreads", "1"]
        started += [subprocess.Popen([*words, "--death-timeout", "60"], env=env) for _ in range(2)]
        yield started[0], SchedulerConfig(address)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(PATIENCE)


def _read_address(file: Path) -> str:
    try:
        return str(json.loads(file.read_text())["address"])
    except (OSError, ValueError):
        return ""


@pytest.mark.loop
def test_a_killed_scheduler_ends_the_batch_and_the_next_run_continues(
    tmp_path: Path, remote: tuple[subprocess.Popen[bytes], SchedulerConfig]
) -> None:
    process, config = remote
    shop = workshop.make_workshop(
        tmp_path / "queue", {f"thing{n:02}": "good 0.3" for n in range(12)}
    )
    count = iter(range(100))

    def kill_scheduler(*_: object) -> None:
        if next(count) == 3:
            process.kill()

    with pytest.raises(ClusterFailed) as error:
        run(shop, config, kill_scheduler)
    assert error.value.exit_code == 4
    statuses = Counter(shop.statuses().values())
    assert statuses[Status.COMPLETED] >= 4
    assert set(statuses) <= {Status.COMPLETED, Status.PENDING}
    assert {shop.item(key).attempts for key in shop.statuses()} <= {0, 1}
    recorded = run(shop, SchedulerConfig("local:2"))
    assert len(recorded) == statuses[Status.PENDING]
    assert set(shop.statuses().values()) == {Status.COMPLETED}
    assert {shop.item(key).attempts for key in shop.statuses()} == {1}


@pytest.mark.loop
def test_a_batch_on_commands_of_dask_processes_all_items(
    tmp_path: Path, remote: tuple[subprocess.Popen[bytes], SchedulerConfig]
) -> None:
    shop = workshop.make_workshop(tmp_path / "queue", workshop.GOOD)
    assert run(shop, remote[1]) == Counter(dict.fromkeys(workshop.GOOD, 1))
    assert os.getpid() not in {int(note[-1]) for note in shop.notes("open")}


def main(folder: str, address: str) -> None:
    """Run a batch that is killed from outside."""
    shop = workshop.make_workshop(Path(folder), {"ant": "hang-first", "bee": "good"})
    run(shop, SchedulerConfig(address))


@pytest.mark.loop
def test_tasks_of_a_killed_batch_end_before_the_next_one_is_done(
    tmp_path: Path, remote: tuple[subprocess.Popen[bytes], SchedulerConfig]
) -> None:
    address = remote[1].address
    code = (
        f"from tests.cluster.test_cluster_kills import main; main({str(tmp_path)!r}, {address!r})"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", code], env=workshop.environment(), cwd=workshop.ROOT
    )
    shop = Workshop(tmp_path, toys.PLAIN)
    try:
        (pid,) = workshop.await_(lambda: shop.processes("ant"))
        assert workshop.alive(pid)
    finally:
        killed.kill()
        killed.wait(PATIENCE)
    workshop.await_(lambda: not workshop.alive(pid))
    recorded = run(shop, remote[1])
    assert recorded["ant"] == 1
    assert set(shop.statuses().values()) == {Status.COMPLETED}
