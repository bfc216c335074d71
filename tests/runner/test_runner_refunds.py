"""A failed attempt that made progress is not counted, within limits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import ItemFailed
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome, Parts, Progress, Work
from mediakeep.queue import actions
from mediakeep.stages import Retry
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop
from tests.sampling import each_row

LIMIT = 65_536  # bytes
GOING_ON = range(LIMIT, 1000 * LIMIT, LIMIT)  # a bit more after each attempt
THREE = {"prepare": 3}


class ConnectionCut(ItemFailed):
    def __init__(self, size: Any, *, is_final: bool = False) -> None:
        super().__init__("It was cut.")
        self.made_progress, self.is_final = size, is_final


def cut(folder: Path, sizes: Iterable[Any], kind: Kind = toys.JOB, **plan: Any) -> Workshop:
    """Run batches until the item fails for good; its stage has these sizes when it is cut."""
    shop = workshop.make_workshop(folder, {"ant": ""}, kind)
    rest = iter(sizes)

    def work(work: Work, _: Progress) -> Outcome:
        failure = next(rest, None)
        if isinstance(failure, Outcome):
            return failure
        raise failure if isinstance(failure, Exception) else ConnectionCut(failure)

    while not shop.item("ant").error_message or shop.item("ant").not_before:
        shop.run(workshop.opening(work), **plan)
        shop.clock.go(86400)
    return shop


@pytest.mark.long
@each_row(
    "sizes, calls, most",
    [
        # What did not change: every failure counts.
        ((), 3, 0),
        # The first failures come further, the last three do not.
        ((LIMIT, 2 * LIMIT, 3 * LIMIT), 6, 3 * LIMIT),
        ((LIMIT - 1, 2 * LIMIT - 2, 3 * LIMIT - 3), 3, 3 * LIMIT - 3),
        ((LIMIT, LIMIT, 2 * LIMIT - 1, 5 * LIMIT), 5, 5 * LIMIT),
        # Bytes that were there before do not count again.
        ((LIMIT, 0, LIMIT, LIMIT), 4, LIMIT),
        ((5 * LIMIT, LIMIT, 3 * LIMIT, 5 * LIMIT), 4, 5 * LIMIT),
        # Of those that go on and on, each 21st counts.
        (GOING_ON, 63, 63 * LIMIT),
        ((*GOING_ON[:20], 0, *GOING_ON[20:]), 63, 62 * LIMIT),
        # What is no number of bytes.
        (("far", float("nan"), float("inf"), -5), 4, 2**53),
        ((LIMIT * 1.5,), 4, LIMIT * 3 // 2),
    ],
)
def test_a_failure_that_came_further_is_no_attempt(
    sizes: tuple[Any, ...], calls: int, most: int, tmp_path: Path
) -> None:
    shop = cut(tmp_path, sizes)
    settles = [line for line in shop.log() if line.get("state") == "error"]
    failed = shop.item("ant")
    assert (len(settles), failed.attempts, failed.made_progress) == (calls, THREE, most)


def test_a_failure_without_stages_is_no_attempt_either(tmp_path: Path) -> None:
    shop = cut(tmp_path, [LIMIT, 2 * LIMIT, 0], toys.PLAIN)
    assert shop.item("ant").attempts == 3
    assert len([line for line in shop.log() if line.get("state") == "error"]) == 5


def test_the_wait_is_that_after_the_counted_attempts(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": ""}, toys.JOB)
    sizes, waits = iter([LIMIT, 0, 2 * LIMIT, 0]), []

    def work(*_: Any) -> Outcome:
        return Outcome(Status.ERROR, "It was cut.", made_progress=next(sizes))

    for _ in range(3):
        shop.run(workshop.opening(work), delay=60.0)
        waits.append(shop.item("ant").not_before)
        shop.clock.go(86400)
    assert [wait[8:16] for wait in waits] == ["17T10:01", "18T10:01", "19T10:01"]
    assert shop.item("ant").refunds == 1


def test_a_final_failure_is_the_last_whatever_its_progress(tmp_path: Path) -> None:
    for number, failure in enumerate(
        (
            ConnectionCut(LIMIT, is_final=True),
            Outcome(Status.ERROR, "no", is_final=True, made_progress=LIMIT),
        )
    ):
        assert cut(tmp_path / f"{number}", [failure]).item("ant").attempts == {"prepare": 1}


def test_the_progress_of_a_stage_ends_with_it(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": ""}, toys.JOB)
    results = iter(
        [
            *(ConnectionCut(LIMIT), Outcome(next_stage="convert"), ConnectionCut(LIMIT)),
            *(Outcome(next_stage="publish"), ConnectionCut(LIMIT), Outcome()),
        ]
    )

    def work(*_: Any) -> Outcome:
        if isinstance(result := next(results), Exception):
            raise result
        return result

    retries = {"publish": Retry(1), "convert": Retry(1)}
    for stage in ("failed_prepare", "failed_convert", "failed_publish"):
        shop.run(workshop.opening(work), stage_retries=retries)
        failed = shop.item("ant")
        assert (failed.processing_stage, failed.refunds) == (stage, 1)
        shop.clock.go(86400)
    shop.run(workshop.opening(work))
    done = shop.item("ant")
    assert (done.status, done.attempts) == (Status.COMPLETED, {"publish": 1})
    assert (done.made_progress, done.refunds) == (0, 0)


def test_a_reset_forgets_the_progress(tmp_path: Path) -> None:
    shop = cut(tmp_path, [LIMIT])
    shop.queue.commit(actions.mark_completed("ant", ""))
    assert (shop.item("ant").made_progress, shop.item("ant").refunds) == (0, 0)


@each_row(
    "sizes, calls",
    [((), 2), ((LIMIT, 2 * LIMIT, 3 * LIMIT), 5), ((LIMIT - 1, LIMIT), 2), (GOING_ON, 22)],
)
def test_a_part_that_came_further_runs_again(
    sizes: Iterable[int], calls: int, tmp_path: Path
) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": ""}, toys.JOB)
    rest, runs = iter(sizes), []

    def run_part(value: int, _: Progress) -> None:
        runs.append(value)
        raise ConnectionCut(next(rest, 0))

    shop.run(workshop.opening(lambda *_: Parts((1,), run_part)))
    assert len(runs) == calls
    assert shop.item("ant").attempts == {"prepare": 1}
