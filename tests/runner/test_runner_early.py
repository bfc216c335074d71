"""Workers that start before the queue is opened: they are used at once, and outlive nobody."""

from __future__ import annotations

import fcntl
import functools
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from mediakeep.item import Status
from mediakeep.outcome import Outcome, Stamp, Work
from mediakeep.queue import queue, sessions, store
from mediakeep.queue.queue import Queue
from mediakeep.runner import worker_process
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.pool import WorkerPool
from mediakeep.runner.tasks import Task
from tests.descriptors import list_children
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop


def start_batch(
    shop: Workshop, count: int, **report: Any
) -> tuple[subprocess.Popen[str], list[int]]:
    """Run a batch until so many early workers are ready; return it and them, oldest first.

    It opens the queue when the gate is open.
    """
    shop.close()
    process = shop.spawn(workers=count, early=count, gated_open=True, **report)
    workshop.await_(lambda: len(shop.notes("ready")) == count)
    return process, sorted(int(note[-1]) for note in shop.notes("open"))


def await_end(pid: int) -> None:
    workshop.await_(lambda: not workshop.alive(pid))


def test_early_workers_have_the_work_from_the_first_item_on(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, workshop.GOOD)
    process, workers = start_batch(shop, 2)
    (tmp_path / "gate").touch()
    batch = process.pid
    workshop.report(process)
    used = [shop.processes(key) for key in workshop.GOOD]
    assert {pid for pids in used for pid in pids} == set(workers)
    assert batch not in workers
    assert sorted(int(note[-1]) for note in shop.notes("close")) == workers


def test_early_workers_that_get_nothing_to_do_go_with_the_batch(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "gated"})
    process, workers = start_batch(shop, 3)
    (tmp_path / "gate").touch()
    assert workshop.report(process)["settled"]["completed"] == 1
    assert not any(map(workshop.alive, workers))
    assert len(shop.notes("close")) == 3


def test_an_early_worker_that_is_not_ready_does_not_hold_up_the_end(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {})
    shop.close()
    process = shop.spawn(workers=2, early=2, opening="stuck", gated_open=True)
    workshop.await_(lambda: len(shop.notes("opening")) == 2)
    (tmp_path / "gate").touch()
    assert workshop.report(process)["claimed"] == 0
    assert not any(workshop.alive(int(note[-1])) for note in shop.notes("opening"))


def test_early_workers_hold_nothing_of_a_batch_that_was_killed(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good", "bee": "good"})
    # Killed while it claims, with the lock of the queue and that of its session held.
    process, workers = start_batch(shop, 3, die_at=2, die="before")
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)  # so that none can be too quick in dying
    (tmp_path / "gate").touch()
    assert workshop.end_alone(process) == -signal.SIGKILL
    with (shop.status / store.LOCK_FILE).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    (live,) = sessions.list_live_files(shop.status)
    assert not sessions.is_alive(queue.locate_queue(shop.status), live.stem)
    for pid in workers:
        os.kill(pid, signal.SIGCONT)
    for pid in workers:
        await_end(pid)
    assert shop.run(workers=1).done_count == 2


def test_an_early_worker_always_dies_with_its_parent(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "gated"})
    process, (*others, last) = start_batch(shop, 3)
    os.kill(last, signal.SIGSTOP)  # it keeps open whatever it has of the others
    process.kill()
    workshop.end_alone(process)
    for pid in others:
        await_end(pid)
    os.kill(last, signal.SIGCONT)
    await_end(last)


def test_an_early_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    things = {"bad": "die-first kill", **workshop.GOOD, "fox": "after bad", "gnu": "good 0.3"}
    shop = workshop.make_workshop(tmp_path, things)
    process, workers = start_batch(shop, 2)
    (tmp_path / "gate").touch()
    assert workshop.report(process)["settled"]["completed"] == len(things)
    first, again = shop.processes("bad")
    assert first in workers
    assert again not in workers  # alone, in a process that nothing was left in
    assert set(shop.statuses().values()) == {Status.COMPLETED}


def test_an_idle_early_worker_that_died_costs_nothing(tmp_path: Path) -> None:
    opening, children = functools.partial(toys.open_worker, tmp_path), list_children()
    first = worker_process.fork_worker(opening, [])
    second = worker_process.fork_worker(opening, [first])
    pool = WorkerPool(opening, ExecutionLimits(), lambda *_: None, [first, second])
    first.process.kill()
    first.process.join()
    thing = toys.Thing(status=Status.IN_PROGRESS, path="good")
    pool.submit(Task("ant", Work(thing, Stamp("session", "ant", 1, 1))))
    ((_, result),) = workshop.await_(pool.wait)
    ((*_, used),) = Workshop(tmp_path, toys.PLAIN).notes("start", "ant")
    assert isinstance(result, Outcome)
    assert int(used) == second.process.pid
    pool.close()
    assert list_children() <= children


def test_ctrl_c_before_the_queue_is_open_leaves_no_worker(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good"})
    process, workers = start_batch(shop, 2)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=workshop.PATIENCE)
    assert process.returncode == -signal.SIGINT
    assert not any(map(workshop.alive, workers))
    assert len(shop.notes("close")) == 2
    assert shop.statuses() == {"ant": Status.PENDING}


def test_no_worker_starts_early_where_a_thread_may_hold_a_lock(tmp_path: Path) -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    with worker_process.prestart_workers(
        lambda: functools.partial(toys.open_worker, tmp_path), 2
    ) as workers:
        assert workers == []
    over.set()
    thread.join()


@pytest.mark.usefixtures("pooled")
def test_an_item_is_handed_out_before_the_one_before_it_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "good", "bee": "gated", "cow": "good"})
    settle = Queue.settle

    def settled(*what: Any) -> bool:
        workshop.await_(lambda: shop.notes("start", "cow"))
        (tmp_path / "gate").touch()
        return settle(*what)

    monkeypatch.setattr(Queue, "settle", settled)
    assert shop.run(workers=2).done_count == 3
