"""Batches of one queue share a short queue: none claims what the others wait for."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from mediakeep.errors import NoCache
from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.outcome import Outcome, Parts
from mediakeep.queue.queue import Queue
from mediakeep.queue.store import QueueChange
from mediakeep.runner import scheduling
from mediakeep.runner.batch_config import BatchConfig
from mediakeep.runner.scheduling import ItemClaimer
from mediakeep.runner.tasks import BatchAborted, TaskResult, WorkerDied
from tests.queue import rig


@pytest.mark.parametrize("mode", ["all", "chosen", "lookups"])
def test_three_batches_of_a_short_queue_get_a_share_each(tmp_path: Path, mode: str) -> None:
    where = rig.at(tmp_path)
    with contextlib.closing(rig.make(where, 60)) as queue:
        keys = tuple(queue.state.items)
        if mode == "lookups":
            done = {"status": Status.COMPLETED, "lookup": "pending"}
            queue.commit(lambda _: QueueChange("edit", dict.fromkeys(keys, done)))
    queues = [Queue.open(where, MUSIC) for _ in range(3)]
    config = BatchConfig(
        size=None, lookups=mode == "lookups", keys=keys if mode == "chosen" else None
    )
    for queue in queues:
        queue.begin_session()
    claimers = [ItemClaimer(queue, config) for queue in queues]
    first = [len(claimer.claim_next()) for claimer in claimers]
    assert first == [15, 12, 9]
    expected = [claimer.estimate_total() for claimer in claimers]
    while sum(len(claimer.claim_next()) for claimer in claimers):
        pass
    shares = [claimer.claimed for claimer in claimers]
    if mode == "lookups":
        assert [claimer.estimate_total() for claimer in claimers] == expected == [60, 45, 33]
    else:
        assert [claimer.estimate_total() for claimer in claimers] == shares != expected
    assert sum(shares) == 60
    assert min(shares) >= 10  # in turn, which is unlikelier than any other order
    for queue in queues:
        queue.close()


def test_a_share_is_that_of_the_items_that_others_have_left(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    rig.make(where, 60).close()
    slow, fast = (Queue.open(where, MUSIC) for _ in range(2))
    slow.begin_session()
    fast.begin_session()
    taken = len(slow.claim(50, shares=4)) + len(fast.claim(37))
    assert (60 - taken, len(slow.claim(50, shares=4))) == (8, 2)
    slow.close()
    fast.close()


DONE, FAILED = Outcome(next_stage="next"), Outcome(Status.ERROR, "broken")
PARTS = Parts((1,), print)


@pytest.mark.parametrize(
    ("results", "later", "has_stages", "capacity", "expected"),
    [
        ([DONE], True, True, 2, False),
        ([DONE], False, True, 2, True),
        ([DONE], True, True, 1, True),
        ([DONE, FAILED], True, True, 2, True),  # nothing may start after it
        ([DONE, PARTS], True, True, 2, True),
        ([WorkerDied("killed")], True, True, 2, True),
        ([FAILED], False, False, 2, False),
        ([FAILED, BatchAborted(NoCache("full"))], False, False, 2, True),
    ],
)
def test_a_task_starts_before_results_that_do_not_determine_it_are_recorded(
    results: list[TaskResult], *, later: bool, has_stages: bool, capacity: int, expected: bool
) -> None:
    config = BatchConfig(None, records_later=later)
    must_record = scheduling.must_record_first(
        results, config, has_stages=has_stages, capacity=capacity
    )
    assert must_record is expected
