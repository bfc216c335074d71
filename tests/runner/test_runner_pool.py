"""The workers of a pool: what passes to and from them, and how they start, wait and end."""

from __future__ import annotations

import functools
import multiprocessing
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.item import Status
from mediakeep.outcome import Outcome, Stamp, Work
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.pool import POLL_SECONDS, WorkerPool
from mediakeep.runner.tasks import PartDone, StagePart, Task, TaskFailed, TaskResult, WorkerDied
from mediakeep.runner.worker_main import WorkerChannel
from tests.patience import PATIENCE
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop


def test_the_messages_of_a_workers_threads_do_not_mix() -> None:
    ours, theirs = multiprocessing.Pipe()
    voice, messages = WorkerChannel(theirs), []

    def listen() -> None:
        while (message := ours.recv()) != ("over",):
            messages.append(message)

    def report() -> None:
        for number in range(500):
            voice.send("progress", number, 500)

    listener = threading.Thread(target=listen, daemon=True)
    reporters = [threading.Thread(target=report, daemon=True) for _ in range(4)]
    for thread in (listener, *reporters):
        thread.start()
    for _ in range(20):
        voice.send("done", "x" * 1_000_000)
    for thread in reporters:
        thread.join(PATIENCE)
    voice.send("over")
    listener.join(PATIENCE)
    assert [message[0] for message in messages].count("done") == 20
    assert len(messages) == 4 * 500 + 20


def task(part: StagePart | None = None, action: str = "good", *, alone: bool = False) -> Task:
    """Make a task as a batch does."""
    item = toys.Thing(status=Status.IN_PROGRESS, path=action)
    return Task("ant", Work(item, Stamp("session", "ant", 1, 1)), part, alone)


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[WorkerPool]:
    """A pool that is closed after the test."""
    opening = functools.partial(toys.open_worker, tmp_path)
    pool = WorkerPool(opening, ExecutionLimits(), lambda *_: None)
    yield pool
    pool.close(kill=True)


def until(pool: WorkerPool) -> list[tuple[Task, TaskResult]]:
    """Wait until a task of a pool has ended."""
    ended: list[tuple[Task, TaskResult]] = workshop.await_(pool.wait)
    return ended


def test_big_inputs_and_results_pass_to_and_from_a_worker(pool: WorkerPool) -> None:
    big = "x" * 5_000_000
    pool.submit(task(StagePart(0, big, toys.echo)))
    pool.submit(task(StagePart(1, big, toys.echo)))
    ended = until(pool)
    while len(ended) < 2:
        ended += until(pool)
    assert [result == PartDone(big) for _, result in ended] == [True, True]


def test_a_part_that_cannot_be_sent_to_a_worker_fails_with_a_reason(pool: WorkerPool) -> None:
    pool.submit(task(StagePart(0, "x", lambda given, progress: given)))
    ((_, result),) = until(pool)
    assert isinstance(result, TaskFailed)
    assert "local" in result.message
    pool.submit(task(StagePart(0, "x", toys.echo)))
    assert until(pool)[0][1] == PartDone("x")


def test_what_cannot_be_received_from_a_worker_is_an_error_of_its_item(tmp_path: Path) -> None:
    opening = functools.partial(toys.open_unpicklable, tmp_path)
    pool = WorkerPool(opening, ExecutionLimits(), lambda *_: None)
    pool.submit(task())
    result = until(pool)[0][1]
    pool.close()
    assert isinstance(result, Outcome)
    assert "no number" in result.message


@pytest.mark.parametrize("alone", [False, True])
def test_an_idle_worker_that_died_meanwhile_costs_nothing(pool: WorkerPool, alone: bool) -> None:
    pool.submit(task(StagePart(0, "x", toys.echo)))
    until(pool)
    (worker,) = pool._workers
    worker.process.kill()
    worker.process.join()
    pool.submit(task(StagePart(0, "y", toys.echo), alone=alone))
    assert until(pool)[0][1] == PartDone("y")
    assert len(pool._workers) == 1


def test_who_runs_alone_has_no_neighbours_not_even_idle_ones(
    pool: WorkerPool, tmp_path: Path
) -> None:
    pool.submit(task(StagePart(0, "x", toys.echo)))
    pool.submit(task(StagePart(1, "x", toys.echo)))
    ended = until(pool)
    while len(ended) < 2:
        ended += until(pool)
    pool.submit(task(StagePart(2, "x", toys.echo), alone=True))
    until(pool)
    (worker,) = pool._workers
    lone = worker.process.pid
    assert len(Workshop(tmp_path, toys.PLAIN).notes("close")) == 2
    pool.submit(task(StagePart(3, "x", toys.echo), alone=True))
    until(pool)
    assert [hand.process.pid for hand in pool._workers] == [lone]  # of the same item: it may go on


def test_waiting_for_a_pool_that_is_silent_takes_no_power(pool: WorkerPool) -> None:
    pool.submit(task(action="sleep 1.2"))
    turns, before, started = 0, time.process_time(), time.monotonic()
    while not pool.wait():
        turns += 1
    # it tells some things at its start
    assert turns <= (time.monotonic() - started) / POLL_SECONDS + 5
    assert time.process_time() - before < 0.5


def test_the_time_of_a_task_begins_when_its_worker_is_ready(tmp_path: Path) -> None:
    limits = ExecutionLimits(item_timeout=100.0)
    pool = WorkerPool(functools.partial(toys.slow, tmp_path), limits, lambda *_: None)
    pool.submit(task(action="sleep 0.2"))
    (worker,) = pool._workers
    given = worker.clock.deadline
    until(pool)
    assert worker.clock.deadline >= given + 0.5
    pool.close()


def test_a_lost_task_says_why(pool: WorkerPool) -> None:
    pool.submit(task(action="die exit"))
    assert until(pool)[0][1] == WorkerDied("its worker process died (exit code 3)")
