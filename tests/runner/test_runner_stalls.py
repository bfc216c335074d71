"""A task is ended at its timeout, or when its progress has not moved for too long."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mediakeep.item import Status
from mediakeep.runner import task_clock
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep.runner.task_clock import TaskClock
from tests import sampling
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop

STALL = 60.0
WORKERS = pytest.mark.parametrize("workers", sampling.some([2, 1], 2))


def stock(folder: Path, action: str) -> Workshop:
    return workshop.make_workshop(folder, {"ant": f"convert={action}"}, toys.JOB)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic time in seconds, which a test sets."""
    moment = [1000.0]
    monkeypatch.setattr(task_clock.time, "monotonic", lambda: moment[0])
    return moment


@pytest.fixture
def start(now: list[float]) -> Callable[..., TaskClock]:
    """Start a clock with some limits."""

    def start_clock(**limits: float) -> TaskClock:
        clock = TaskClock(ExecutionLimits(**limits))  # type: ignore[arg-type]
        clock.start()
        return clock

    return start_clock


def test_without_limits_there_is_no_deadline(start: Callable[..., TaskClock]) -> None:
    clock = start()
    clock.note_progress(1, 2)
    clock.extend(5.0)
    assert clock.deadline == float("inf")


def test_only_progress_that_moves_restarts_the_stall_limit(
    start: Callable[..., TaskClock], now: list[float]
) -> None:
    clock = start(stall=300.0)
    now[0] += 299.0
    clock.note_progress(3, 10)
    now[0] += 299.0
    assert not clock.is_overdue
    clock.note_progress(3, 10)
    now[0] += 1.0
    assert clock.is_overdue
    assert clock.format_reason() == "it made no progress for 300 seconds (at 3 of 10)"
    clock.note_progress(3, 11)
    assert not clock.is_overdue


def test_a_wait_moves_both_limits_and_progress_does_not_shorten_it(
    start: Callable[..., TaskClock], now: list[float]
) -> None:
    clock = start(stall=300.0, item_timeout=1000.0)
    clock.extend(600.0)
    clock.note_progress(1, 2)
    assert clock.deadline == now[0] + 900.0
    clock.extend(-600.0)
    assert clock.deadline == now[0] + 300.0


def test_the_timeout_ends_a_task_that_progresses(
    start: Callable[..., TaskClock], now: list[float]
) -> None:
    clock = start(stall=300.0, item_timeout=500.0)
    for done in range(3):
        now[0] += 200.0
        clock.note_progress(done, 10)
    assert clock.is_overdue
    assert clock.format_reason() == "it took longer than 500 seconds"


@WORKERS
@pytest.mark.usefixtures("pooled")
def test_a_stalled_task_is_killed_and_counts_as_failed(tmp_path: Path, workers: int) -> None:
    shop = stock(tmp_path, "stall:3")
    shop.run(workers=workers, stall=STALL)
    ant = shop.item("ant")
    assert (ant.status, ant.attempts, ant.suspect) == (Status.ERROR, {"convert": 1}, True)
    assert ant.error_message == (
        f"it made no progress for {STALL:g} seconds (at 3 of 10), also when run alone."
    )
    assert [note[2] for note in shop.notes("start", "ant")] == ["prepare", "convert", "convert"]


def test_without_the_limit_nothing_stalls(tmp_path: Path) -> None:
    shop = stock(tmp_path, "stall:4")
    shop.run()
    assert shop.item("ant").status is Status.COMPLETED


@pytest.mark.parametrize("how", [{"workers": 1}, {"workers": 2, "patience": 0}])
def test_a_worker_stops_where_it_may(tmp_path: Path, how: dict[str, int]) -> None:
    shop = stock(tmp_path, "may-stop")
    shop.close()
    process = shop.spawn(**how)
    workshop.await_(lambda: shop.notes("start", "ant", "convert"))
    process.send_signal(signal.SIGINT)
    report = workshop.report(process)  # the gate is closed: it would never end otherwise
    ant = shop.item("ant")
    assert report["stopped"]
    assert (ant.status, ant.processing_stage, ant.attempts) == (Status.PENDING, "convert", 0)
    assert not ant.suspect
    (tmp_path / "gate").touch()
    shop.run()
    assert shop.item("ant").status is Status.COMPLETED
    assert [note[2] for note in shop.notes("start", "ant")] == [
        "prepare",
        "convert",
        "convert",
        "publish",
    ]


def test_a_stop_of_one_batch_does_not_end_parts_that_may_not_stop(tmp_path: Path) -> None:
    shop = stock(tmp_path, "parts:gated,gated2,later")
    shop.close()
    process = shop.spawn(workers=2, patience=0)
    workshop.await_(lambda: len(shop.notes("part")) == 2)
    process.send_signal(signal.SIGINT)
    (tmp_path / "gate").touch()
    workshop.report(process)
    ant = shop.item("ant")
    assert ant.parts
    assert sorted(ant.parts.done.values()) == [["GATED"], ["GATED2"]]
