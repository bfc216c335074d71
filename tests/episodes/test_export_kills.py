"""Exports agree with the queue, whenever the processes that write them are killed."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from pathlib import Path

import pytest

from mediakeep.episodes import StateManager, maintenance
from mediakeep.episodes.item import EPISODES
from mediakeep.item import Status
from mediakeep.queue.queue import Queue, locate_queue
from tests.episodes.queues import STAGES, add, advance, create_queue


def change_until_killed(home: Path, seed: int) -> None:
    """Add episodes and advance each by one stage after another; runs in a process of its own."""
    chance = random.Random(seed)
    with Queue.open(locate_queue(home / "status/episodes"), EPISODES) as queue:
        queue.begin_session()
        for number in itertools.count():
            add(queue, [f"show-{seed}-{number}"])
            items = queue.state.items.values()
            pending = [item for item in items if item.status is Status.PENDING]
            for item in chance.sample(pending, min(len(pending), 8)):
                following = [*STAGES, ""][STAGES.index(EPISODES.get_stage(item)) + 1]
                advance(queue, item.output_name, following)


def kill_after(home: Path, seed: int, seconds: float) -> None:
    if (child := os.fork()) == 0:
        try:
            change_until_killed(home, seed)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.long
@pytest.mark.parametrize("kills", [pytest.param(100, marks=pytest.mark.loop), 8])
def test_exports_after_kills(memory: Path, kills: int) -> None:
    create_queue(memory, ["first"]).close()
    chance, lagged = random.Random(29), 0
    for number in range(kills):
        kill_after(memory, number, chance.uniform(0.01, 0.08))
        manager = StateManager(memory / "state")
        lagged += bool(maintenance.verify_exports(manager))
        with Queue.open(manager.location, EPISODES) as queue:
            queue.begin_session()
            queue.end_session()
        assert maintenance.verify_exports(manager) == []
        assert maintenance.audit_log(manager) == []
    if kills == 100:
        assert lagged  # some kills were between a commit and its exports
