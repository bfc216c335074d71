"""A job that the user cancels while a batch works on it: its tasks end, and it is not recorded."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mediakeep.item import Status
from mediakeep.queue import actions
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.runner.batch_config import BatchCallbacks, SettledItem
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop


def cancel_after_bee(shop: Workshop, key: str) -> BatchCallbacks:
    """Return callbacks that cancel an item once the bee is done."""

    def settled(item: SettledItem) -> None:
        if item.key == "bee":
            shop.queue.commit(actions.cancel_item(key))

    return BatchCallbacks(on_item=settled)


def cancel_once_gated(shop: Workshop) -> None:
    """Cancel the ant, as another process does, once its part has begun."""
    end = time.monotonic() + workshop.PATIENCE
    while not shop.notes("part", "ant.0"):
        assert time.monotonic() < end, "the part never began"
        time.sleep(0.01)
    with Queue.open(locate_queue(shop.status, shop.clock), shop.kind) as queue:
        assert queue.commit(actions.cancel_item("ant"))


@pytest.mark.usefixtures("pooled")
def test_running_tasks_of_a_cancelled_job_end_and_the_others_go_on(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "gated", "bee": "a", "cow": "b"}, toys.TOY)
    assert shop.queue
    with ThreadPoolExecutor() as threads:
        cancelled = threads.submit(cancel_once_gated, shop)
        result = shop.run(workers=2, item_timeout=60.0)
        cancelled.result()
    assert result.seconds < 60.0  # the gate is closed: the part did not end by itself
    assert (result.done_count, result.parked, result.stopped) == (2, 0, False)
    ant = shop.item("ant")
    assert (ant.status, ant.skip_reason, ant.claim) == (Status.SKIPPED, "cancelled", 0)
    assert (ant.processing_stage, ant.attempts) == ("convert", 0)
    assert [line["message"] for line in shop.log() if line["level"] == "warning"] == [
        "ant: was cancelled meanwhile; its result was dropped"
    ]
    (tmp_path / "gate").touch()
    shop.queue.commit(actions.reset_items(shop.queue.location, lambda _: ["ant"]))
    assert shop.run().settled[Status.COMPLETED] == 1


@pytest.mark.usefixtures("pooled")
def test_a_cancelled_job_is_dropped_with_its_other_parts_when_a_part_ends(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "gated a b"}, toys.TOY)
    ended: list[str] = []

    def progress(key: str, done: int, _of: int, _service: str) -> None:
        if done and not ended:  # the second part is done
            ended.append(key)
            shop.queue.commit(actions.cancel_item(key))

    face = BatchCallbacks(on_progress=progress)
    result = shop.run(workers=2, item_timeout=60.0, face=face)
    assert ended == ["ant"]
    assert result.seconds < 60.0  # the first part did not end by itself
    assert shop.item("ant").status is Status.SKIPPED


def test_a_claimed_job_that_is_cancelled_before_its_turn_records_nothing(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"bee": "a", "cow": "b"}, toys.TOY)
    shop.run(face=cancel_after_bee(shop, "cow"))
    assert shop.statuses() == {"bee": Status.COMPLETED, "cow": Status.SKIPPED}
    assert shop.notes("part", "cow.0") == []


def test_a_job_that_has_ended_is_not_cancelled(tmp_path: Path) -> None:
    shop = workshop.make_workshop(tmp_path, {"ant": "a"}, toys.TOY)
    shop.run()
    assert shop.queue.commit(actions.cancel_item("ant")) is None
    assert shop.queue.commit(actions.cancel_item("none")) is None
