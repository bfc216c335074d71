"""Who follows a queue without its lock sees what one sees who reads it again."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediakeep.errors import JournalDamaged, NoQueue, QueueBusy, StateDamaged, UsageError
from mediakeep.music.item import MUSIC
from mediakeep.queue import checkpoints, readonly, snapshot
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.incremental_reader import IncrementalReader
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import QueueState
from tests import memory_folder
from tests.queue import rig
from tests.queue.neighbour import Neighbour


@pytest.fixture
def where(tmp_path: Path) -> QueueLocation:
    place = rig.at(tmp_path)
    rig.make(place, 30).close()
    return place


def shown(state: QueueState) -> tuple[Any, ...]:
    """Return all that a state says."""
    items = list(state.items.items())
    return state.head, state.seq, state.settled, items, +state.counts, state.claimed_keys


def same(follower: IncrementalReader, where: QueueLocation) -> bool:
    return shown(follower.read()) == shown(readonly.load_state(where.folder, MUSIC))


def unreadable(*_: Any) -> Any:
    raise AssertionError("the snapshot was read")


def rewrite(queue: Queue) -> None:
    with queue._store.hold_lock():
        queue._store.read_new_changes()
        queue._store.try_rewrite_snapshot()


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_what_a_batch_does_is_followed_without_reading_the_snapshot(
    times: int, where: QueueLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = IncrementalReader(where.folder, MUSIC)
    state = follower.read()
    with Queue.open(where, MUSIC) as queue:
        queue.begin_session()
        for _ in range(3):
            rig.settle(queue)
            for _ in range(times):
                rewrite(queue)
            rig.settle(queue)
            with monkeypatch.context() as patch:
                patch.setattr(snapshot, "load", unreadable)
                assert follower.read() is state
            assert same(follower, where)
        assert state.seq == queue.state.seq


def test_a_follower_that_missed_rewrites_rereads_everything(where: QueueLocation) -> None:
    follower = IncrementalReader(where.folder, MUSIC)
    state = follower.read()
    with Queue.open(where, MUSIC) as queue:
        for _ in range(8):
            rig.settle(queue)
            rewrite(queue)
        assert same(follower, where)
        assert follower.read() is not state


def test_whoever_watches_the_state_hears_of_each_item_as_it_was_and_is(
    where: QueueLocation,
) -> None:
    follower, messages = IncrementalReader(where.folder, MUSIC), []
    follower.read().listener = lambda key, old, new: messages.append(
        (key, old and old.status, new.status)
    )
    with Queue.open(where, MUSIC) as queue:
        rig.settle(queue)
        follower.read()
    assert messages == [
        ("Artist 000", "pending", "in_progress"),
        ("Artist 000", "in_progress", "completed"),
    ]


def test_a_restore_and_an_edit_are_seen_before_anybody_adopts_them(where: QueueLocation) -> None:
    with Queue.open(where, MUSIC) as queue:
        rig.settle(queue, 2)
        checkpoint = queue.write_checkpoint()
        rig.settle(queue, 2)
    follower = IncrementalReader(where.folder, MUSIC)
    assert follower.read().settled == 4
    rig.cp(checkpoint, rig.file(where))
    assert follower.read().settled == 2
    assert same(follower, where)
    with Queue.open(where, MUSIC) as queue:
        rig.settle(queue)
        assert same(follower, where)
    assert follower.read().settled == 3
    rig.edit(rig.file(where), '"library_path": "/music"', '"library_path": "/other"')
    assert follower.read().head.library_path == "/other"
    assert same(follower, where)


def test_a_line_that_was_undone_is_not_believed(where: QueueLocation) -> None:
    """A failed sync undoes a line that another process may have read already."""
    follower = IncrementalReader(where.folder, MUSIC)
    follower.read()
    with Queue.open(where, MUSIC) as queue:
        journal = rig.journals(where)[-1]
        before = journal.read_bytes()
        claims = queue.claim(2)
        assert len(follower.read().claimed_keys[""]) == 2
        journal.write_bytes(before)
        with Queue.open(where, MUSIC) as other:
            other.claim(1)
            assert same(follower, where)
            assert len(follower.read().claimed_keys[""]) == 1
    assert claims


def test_an_unreadable_queue_is_reported_and_followed_again_later(where: QueueLocation) -> None:
    follower = IncrementalReader(where.folder, MUSIC)
    good = rig.file(where).read_bytes()
    for damage in (b"", good[:-40], b"[]"):
        follower.read()
        rig.file(where).write_bytes(damage)
        with pytest.raises(StateDamaged):
            follower.read()
        assert not follower.update()
        rig.file(where).write_bytes(good)
        assert same(follower, where)


def test_a_damaged_journal_is_reported(where: QueueLocation) -> None:
    follower = IncrementalReader(where.folder, MUSIC)
    queue = Queue.open(where, MUSIC)
    rig.settle(queue, 1)
    follower.read()
    rig.settle(queue, 2)
    path = rig.journals(where)[-1]
    data = bytearray(path.read_bytes())
    data[data.index(b"Artist 001")] ^= 1
    path.write_bytes(data)
    with pytest.raises(JournalDamaged):
        follower.read()
    rig.abandon(queue)


def test_where_there_is_no_queue_there_is_nothing_to_follow(
    tmp_path: Path, where: QueueLocation
) -> None:
    with pytest.raises(NoQueue):
        IncrementalReader(tmp_path / "none", MUSIC).read()
    follower = IncrementalReader(where.folder, MUSIC)
    follower.read()
    shutil.rmtree(where.folder)
    with pytest.raises(NoQueue):
        follower.read()


DEEDS = st.lists(
    st.sampled_from(
        ["claim", "settle", "settle", "rewrite", "prioritize", "checkpoint", "restore", "edit",
         "kill", "look", "look"]
    ),
    min_size=4,
    max_size=25,
)  # fmt: skip


class FollowedBatch:
    """A batch in another process, a user with `cp` and an editor, and one who follows."""

    def __init__(self, folder: Path) -> None:
        self.where = rig.at(folder)
        rig.make(self.where, 12).close()
        self.follower = IncrementalReader(self.where.folder, MUSIC)
        self.other = self._start()
        self.held: list[str] = []

    def _start(self) -> Neighbour:
        return Neighbour(self.where.folder)

    def do(self, action: str) -> None:
        getattr(self, action)()
        if action == "look":
            assert same(self.follower, self.where)

    def claim(self) -> None:
        self.held += self.other.claim(2)

    def settle(self) -> None:
        if self.held:
            self.other.settle(self.held.pop())

    def rewrite(self) -> None:
        self.other.rewrite()

    def prioritize(self) -> None:
        with contextlib.suppress(UsageError):  # it may be taken already
            self.other.prioritize("Artist 011")

    def checkpoint(self) -> None:
        # A file that was edited while the other works is for that one to set aside.
        with contextlib.suppress(QueueBusy), Queue.open(self.where, MUSIC) as queue:
            queue.write_checkpoint()

    def restore(self) -> None:
        if listed := checkpoints.list_checkpoints(self.where.folder):
            rig.cp(listed[-1].path, rig.file(self.where))

    def edit(self) -> None:
        """Write a note into the file; where somebody has rewritten it meanwhile, once more."""
        path = rig.file(self.where)
        if '"note"' not in path.read_text():
            place = '"path": "/music/Artist 005"'
            rig.edit(path, place, f'{place},\n      "note": "mine"')

    def kill(self) -> None:
        self.other.kill()
        self.held.clear()
        self.other = self._start()

    def look(self) -> None:
        self.follower.read()


@settings(max_examples=25)
@given(DEEDS)
def test_a_follower_always_sees_what_a_reader_sees(deeds: list[str]) -> None:
    folder = Path(tempfile.mkdtemp(dir=memory_folder.temporary_parent()))
    try:
        play = FollowedBatch(folder)
        try:
            for action in [*deeds, "look"]:
                play.do(action)
        finally:
            play.other.__exit__(None, None, None)
    finally:
        shutil.rmtree(folder)
