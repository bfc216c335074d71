"""A worker that prompts the user, who can quit the batch without losing anything."""

from __future__ import annotations

import os
from pathlib import Path

from mediakeep.errors import Stopped
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Progress, Work
from mediakeep.queue.queue import Queue
from mediakeep.runner import batch, dry_run
from mediakeep.runner.batch_config import BatchCallbacks, BatchConfig, ExecutionLimits
from tests.runner import workshop
from tests.runner.workshop import Workshop


def start_worker(answers: dict[str, str]) -> tuple[list[int], workshop.Worker]:
    """Return the processes that a worker ran in, and the worker: what is said to it ends it."""
    seen: list[int] = []

    def work(work: Work, progress: Progress) -> Outcome:
        seen.append(os.getpid())
        if answers.get(work.stamp.key) == "stop":
            raise Stopped
        return Outcome(message="chosen")

    return seen, work


def test_an_item_at_which_the_user_stops_is_given_back_and_ends_the_batch(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, workshop.GOOD)
    _, work = start_worker({"cow": "stop"})
    report = shop.run(workshop.opening(work))
    assert report.stopped
    assert report.abort_error is None
    assert (report.done_count, report.settled[Status.COMPLETED]) == (2, 2)
    cow = shop.item("cow")
    assert (cow.status, cow.attempts, cow.suspect) == (Status.PENDING, 0, False)
    assert [shop.item(key).status for key in ("dog", "eel")] == [Status.PENDING] * 2
    _, again = start_worker({})
    report = shop.run(workshop.opening(again))
    assert (report.stopped, report.done_count) == (False, 3)
    assert set(shop.statuses().values()) == {Status.COMPLETED}


def test_a_dry_run_ends_there_too(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, workshop.GOOD)
    _, work = start_worker({"bee": "stop"})
    opening, keys = workshop.opening(work), list(workshop.GOOD)
    report = dry_run.simulate_batch(
        shop.queue.state, keys, opening, workshop.build_config(), BatchCallbacks()
    )
    assert (report.stopped, report.done_count) == (True, 1)


def list_suspects(shop: Workshop, plan: BatchConfig) -> list[int]:
    """Run a batch over items that were begun when their owner died; return where they ran."""
    seen, work = start_worker({})
    batch.run_batch(shop.queue, workshop.opening(work), plan, BatchCallbacks())
    return seen


def make_abandoned(folder: Path) -> Workshop:
    """Make a queue of which an item was begun when its owner died."""
    shop = workshop.make_workshop(folder, {"ant": "good"})
    queue: Queue = shop.queue
    queue.begin_session()
    queue.release(queue.claim(1), {"ant"})
    queue.end_session()
    assert shop.item("ant").suspect
    return shop


def test_prompts_run_in_the_process_that_has_the_terminal(
    tmp_path: Path,
) -> None:
    shop = make_abandoned(tmp_path)
    assert list_suspects(shop, BatchConfig(limits=ExecutionLimits(interactive=True))) == [
        os.getpid()
    ]
    assert shop.item("ant").status is Status.COMPLETED
