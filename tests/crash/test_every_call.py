"""Each operation is interrupted before each of its calls, and in the middle of each of its writes.

Afterwards the queue is as it was before, or as it would be after, and goes on.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import NoQueue
from mediakeep.music.item import MUSIC
from mediakeep.queue import journal_lookup, repair, snapshot
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue
from tests.crash import script
from tests.crash.faults import InterruptingTap, ProcessDied
from tests.crash.tap import Tap
from tests.queue import rig
from tests.sampling import some

Act = Callable[[Queue], Any]
Prepare = Callable[[QueueLocation], None]


@pytest.fixture(autouse=True)
def abandoned_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the files that an interrupted queue leaves open; its process would be dead.

    A number may have been used again for another file since, so the file is compared.
    """
    files: dict[int, os.stat_result] = {}
    real = os.open

    def tracked(*args: Any, **options: Any) -> int:
        handle = real(*args, **options)
        files[handle] = os.fstat(handle)
        return handle

    monkeypatch.setattr(os, "open", tracked)
    monkeypatch.setitem(Tap.real, "open", tracked)
    yield
    for handle, before in files.items():
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(handle), before):
                os.close(handle)


@dataclass(frozen=True)
class Operation:
    """What is done in the open queue, and what had been done to its files right before."""

    act: Act
    put: Prepare = lambda where: None


def follow(queue: Queue) -> None:
    with queue._store.hold_lock():
        queue._store.read_new_changes()


def restore(where: QueueLocation) -> None:
    (checkpoint,) = (where.folder / "checkpoints").iterdir()
    rig.cp(checkpoint, rig.file(where))


def edit(where: QueueLocation) -> None:
    rig.edit(rig.file(where), '"issues_found": 1', '"issues_found": 9')


def settle(queue: Queue) -> None:
    rig.settle(queue, 1)


def hold_and_edit(queue: Queue) -> None:
    """Hold items, have the file edited, and notice it at the next record."""
    edit(queue.location)
    queue.commit(script.note("held"))


OPERATIONS = {
    "a claim and a settle": Operation(settle),
    "a rewrite": Operation(lambda queue: script.rewrite(queue._store)),
    "two rewrites": Operation(lambda queue: [script.rewrite(queue._store) for _ in range(2)]),
    "a checkpoint": Operation(lambda queue: queue.write_checkpoint()),
    "a close": Operation(lambda queue: queue.close()),
    "a restore": Operation(follow, restore),
    "an edit": Operation(follow, edit),
    "a replay": Operation(lambda queue: _replay(queue), restore),
}


def _replay(queue: Queue) -> None:
    follow(queue)
    restored = queue.state.head.restored
    assert restored
    queue.replay_undone_items(restored.aside)


def prepare(folder: Path) -> QueueLocation:
    """Make a queue with a checkpoint and changes since, all sessions ended."""
    where = rig.at(folder, rig.Clock())
    with rig.make(where, 6) as queue:
        queue.begin_session()
        rig.settle(queue, 2)
        queue.write_checkpoint()
        rig.settle(queue, 2)
        queue.end_session()
    return where


def copy_folder(where: QueueLocation, folder: Path) -> QueueLocation:
    """Copy the whole folder, times and all."""
    shutil.rmtree(folder, ignore_errors=True)
    copy = rig.at(folder, rig.Clock())
    shutil.copytree(where.folder, copy.folder)
    return copy


def open_queue(where: QueueLocation, *, holding: bool) -> Queue:
    queue = Queue.open(where, MUSIC)
    queue.begin_session()
    if holding:
        queue.claim(1)
        script.rewrite(queue._store)
    return queue


def read_state(where: QueueLocation) -> dict[str, Any]:
    """Open the queue once all who worked on it are dead, and go on with it; open it once more."""
    with Queue.open(where, MUSIC) as queue:
        queue.commit(script.note("later"))
        items = dict(queue.state.items)
        rebuilt = journal_lookup.rebuild_previous_state(where.folder, MUSIC)
        assert rebuilt
        assert rebuilt.items == items  # even if the file itself is lost
        events = [event["seq"] for event in rig.events(where)]
        assert events == sorted(set(events))
    with Queue.open(where, MUSIC) as queue:
        assert queue.state.items == items
    assert not list(where.folder.glob(".*"))
    assert not list(where.folder.glob("aside/unseen*"))
    return {key: (item.status, item.settled, item.issues_found) for key, item in items.items()}


@pytest.fixture(autouse=True)
def _nobody_is_copying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the queue look again without a pause where it is damaged."""
    monkeypatch.setattr(snapshot, "_PAUSE", 0)


def kill_at_each_call(
    where: QueueLocation, folder: Path, operation: Operation, *, holding: bool
) -> Iterator[QueueLocation]:
    """Do the operation on a copy each time, interrupted a call later each time; then once in whole.

    A write is interrupted before it and in the middle of it.
    """
    tries = [(1, 0.5)]
    for number, share in tries:
        copy = copy_folder(where, folder)
        queue = open_queue(copy, holding=holding)
        operation.put(copy)
        with InterruptingTap(number, share) as cut:
            try:
                operation.act(queue)
            except ProcessDied:
                assert cut.fired
        rig.abandon(queue)
        if cut.fired and share:
            tries.append((number + 1, 0.5))
        if cut.amid and share:
            tries.append((number, 0.0))
        yield copy
    assert len(tries) > 3


@pytest.mark.parametrize("name", some(OPERATIONS, 4))
def test_an_operation_interrupted_anywhere_is_done_or_not_done(name: str, memory: Path) -> None:
    operation, where = OPERATIONS[name], prepare(memory / "prepared")
    before = read_state(copy_folder(where, memory / "before"))
    outcomes = [
        read_state(copy)
        for copy in kill_at_each_call(where, memory / "copy", operation, holding=False)
    ]
    put, done = copy_folder(where, memory / "put"), copy_folder(where, memory / "done")
    for copy in (put, done):
        operation.put(copy)
    queue = open_queue(done, holding=False)
    operation.act(queue)
    rig.abandon(queue)
    after = read_state(done)
    assert after in outcomes
    assert all(outcome in (before, after, read_state(put)) for outcome in outcomes)
    if operation.put is not Operation.put:
        assert before not in outcomes or name == "a replay"  # a user's word is not forgotten


@pytest.mark.long
def test_a_refused_edit_is_kept_wherever_the_refusal_is_interrupted(memory: Path) -> None:
    where = prepare(memory / "prepared")
    before = read_state(copy_folder(where, memory / "before"))
    edited = copy_folder(where, memory / "edited")
    edit(edited)
    after = read_state(edited)
    seen = []
    for copy in kill_at_each_call(where, memory / "copy", Operation(hold_and_edit), holding=True):
        kept = [snapshot.load(aside, MUSIC) for aside in rig.asides(copy)]
        outcome = read_state(copy)
        assert outcome in (before, after)
        aside = [one for one in kept if one.items["Artist 000"].issues_found == 9]
        assert outcome == after or aside  # never lost
        seen.append(outcome)
    assert before in seen
    assert after in seen


def test_an_interrupted_creation_of_a_queue_can_be_repeated(memory: Path) -> None:
    where = rig.at(memory / "new", rig.Clock())
    for number in range(1, 100):
        shutil.rmtree(memory / "new", ignore_errors=True)
        with InterruptingTap(number, 0.5) as cut, contextlib.suppress(ProcessDied):
            rig.make(where, 3).close()
        if not cut.fired:
            break
        try:
            Queue.open(where, MUSIC).close()
        except NoQueue:
            rig.make(where, 3).close()
        with Queue.open(where, MUSIC) as queue:
            assert sorted(queue.state.items) == rig.names(3)
            assert len(rig.journals(where)) <= 2
    assert 10 < number < 99


@pytest.mark.loop
def test_a_repair_interrupted_anywhere_can_be_repeated(memory: Path) -> None:
    where = prepare(memory / "prepared")
    expected = read_state(copy_folder(where, memory / "before"))
    rig.file(where).write_bytes(b"{")
    for number in range(1, 200):
        copy = copy_folder(where, memory / "copy")
        with InterruptingTap(number, 0.5) as cut, contextlib.suppress(ProcessDied):
            repair.repair_queue(copy, MUSIC, lambda _: [])
        repair.repair_queue(copy, MUSIC, lambda _: [])
        assert read_state(copy) == expected
        if not cut.fired:
            break
    assert 10 < number < 199
