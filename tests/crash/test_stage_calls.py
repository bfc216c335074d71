"""Stages, parts, waits and retirements are interrupted before each call and amid each write.

Afterwards the queue is as after the last commit that returned, or as after the next one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from mediakeep.item import Item, NewItem, Status
from mediakeep.outcome import Outcome, PartFailed
from mediakeep.queue import actions, item_archive, readonly
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.journal import Journal, JournalRecord
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from tests.crash import script
from tests.crash.faults import InterruptingTap, ProcessDied
from tests.queue import rig, staged_rig
from tests.queue.staged_rig import JOBS

FAILED = Outcome(Status.ERROR, "It broke.")
Items = dict[str, Item]


def live(queue: Queue) -> Iterator[None]:
    """Do all that a batch and its user do with stages; yield after each commit."""
    (claim,) = queue.claim(1)
    yield
    queue.advance_stage(claim, Outcome(next_stage="converting", data={"copied": True}), 1.0)
    yield
    queue.record_part(claim, "1", {"size": 1})
    yield
    queue.record_part(claim, "2", PartFailed("no"))
    yield
    queue.park(claim, Outcome(Status.PENDING, "rain", retry_after=60), 1.0)
    yield
    queue.unpark([claim.key])
    yield
    (claim,) = queue.claim_by_key(claim.key)
    yield
    queue.record_part(claim, "2", {"size": 2})
    yield
    script.rewrite(queue._store)
    queue.begin_cleanup(claim, FAILED, 1.0)
    yield
    queue.settle(claim, SettleRequest(FAILED))
    yield
    queue.commit(actions.reset_items(queue.location, lambda _: [claim.key], to_stage="copying"))
    yield
    queue.add([NewItem(name="added")])
    yield
    queue.retire([claim.key])
    yield
    queue.restore_retired(claim.key)
    yield


def prepare(folder: Path) -> QueueLocation:
    where = staged_rig.at(folder)
    with staged_rig.make(where, 1) as queue:
        queue.end_session()
    return where


def live_until_killed(folder: Path, number: int, share: float) -> tuple[bool, bool, list[Items]]:
    """Live on a copy until the nth call; return if it came, if it was a write, and each state."""
    queue = Queue.open(staged_rig.at(folder), JOBS)
    queue.begin_session()
    states = [deepcopy(queue.state.items)]
    with InterruptingTap(number, share) as cut:
        try:
            states.extend(deepcopy(queue.state.items) for _ in live(queue))
        except ProcessDied:
            assert cut.fired
    rig.abandon(queue)
    return cut.fired, cut.amid, states


def comparable(items: Items) -> list[Any]:
    """Return what does not differ between two runs: all but the keys of added items."""
    return [(item.name or key, item) for key, item in items.items()]


def list_faults(where: QueueLocation, last: Items, following: list[list[Any]]) -> Iterator[str]:
    """Go on with what is left, and name what is wrong."""
    found = readonly.load_state(where.folder, JOBS).items
    if comparable(found) not in following:
        yield f"{found} is neither the state that was reached nor the next"
    retired = item_archive.load_retired(where.folder, JOBS)
    if not last.keys() <= {*found, *retired}:
        yield "an item is lost"
    with Queue.open(where, JOBS) as queue:
        parts = {key: item.parts for key, item in queue.state.items.items()}
        if parts != {key: item.parts for key, item in found.items()}:
            yield "a part's result was lost when the item was released"
        queue.claim(9)
        queue.add([NewItem(name="later")])
    events = [event["seq"] for event in rig.events(where)]
    if events != sorted(set(events)):
        yield "the history has gaps"
    if list(where.folder.glob("aside/unseen*")):
        yield "its own file is taken for a stranger's"


def kill_at_each_call(
    memory: Path, every: int, append: Callable[[Journal, JournalRecord], None] = Journal.append
) -> Iterator[list[str]]:
    """Kill a life at each so-manieth call, and give what is wrong after each kill.

    A life that is killed writes its journal with `append`.
    """
    prepared = prepare(memory / "prepared")
    copy = staged_rig.at(memory / "copy")

    def attempt(number: int, share: float) -> tuple[bool, bool, list[Items]]:
        shutil.rmtree(memory / "copy", ignore_errors=True)
        shutil.copytree(prepared.folder, copy.folder)
        return live_until_killed(memory / "copy", number, share)

    *_, states = attempt(10**6, 0.5)
    whole = [comparable(items) for items in states]
    assert len(whole) == 15
    number, fired = 0, True
    while fired:
        number += every
        for share in (0.5, 0.0):
            with mock.patch.object(Journal, "append", append):  # for the negative control
                fired, amid, reached = attempt(number, share)
            if fired:
                done = len(reached)
                yield list(list_faults(copy, reached[-1], whole[done - 1 : done + 1]))
            if not amid:
                break


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_stages_interrupted_anywhere_are_done_or_not_done(memory: Path, every: int) -> None:
    faults = list(kill_at_each_call(memory, every))
    assert len(faults) > 60 // every
    assert not any(faults)


def test_a_change_that_is_acknowledged_before_it_is_written_is_found(memory: Path) -> None:
    """Each change counts at once, and is written together with the next one."""
    append, held = Journal.append, dict[Journal, JournalRecord]()

    def append_late(journal: Journal, record: JournalRecord) -> None:
        if before := held.pop(journal, None):
            append(journal, before)
        held[journal] = record

    assert any(kill_at_each_call(memory, 5, append_late))
