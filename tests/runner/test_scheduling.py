"""Batches of one queue share a short queue: none claims what the others wait for."""

from __future__ import annotations

from pathlib import Path

from mediakeep.kinds import MUSIC
from mediakeep.queue.queue import Queue
from mediakeep.runner.batch_config import BatchConfig
from mediakeep.runner.scheduling import ItemClaimer
from tests.queue import rig


def test_three_batches_of_a_short_queue_get_a_share_each(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    rig.make(where, 60).close()
    queues = [Queue.open(where, MUSIC) for _ in range(3)]
    claimers = [ItemClaimer(queue, BatchConfig(size=None)) for queue in queues]
    for queue in queues:
        queue.begin_session()
    first = [len(claimer.claim_next()) for claimer in claimers]
    assert first == [15, 12, 9]
    while sum(len(claimer.claim_next()) for claimer in claimers):
        pass
    shares = [claimer.claimed for claimer in claimers]
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
