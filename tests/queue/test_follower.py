"""Who follows a queue without its lock sees what one sees who reads it anew."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediakeep.errors import JournalDamaged, NoQueue, QueueBusy, StateDamaged, UsageFailed
from mediakeep.kinds import MUSIC
from mediakeep.queue import checkpoints, reading, snapshot
from mediakeep.queue.follower import Follower
from mediakeep.queue.queue import Queue
from mediakeep.queue.rewrite import Place
from mediakeep.queue.state import State
from tests.queue import rig
from tests.queue.neighbour import Neighbour


@pytest.fixture
def where(tmp_path: Path) -> Place:
    place = rig.at(tmp_path)
    rig.make(place, 30).close()
    return place


def shown(state: State) -> tuple[Any, ...]:
    """Return all that a state says."""
    items = list(state.items.items())
    return state.head, state.seq, state.settled, items, +state.counts, state.held


def same(follower: Follower, where: Place) -> bool:
    return shown(follower.look()) == shown(reading.state(where.folder, MUSIC))


def unreadable(*_: Any) -> Any:
    raise AssertionError("the snapshot was read")


def rewrite(queue: Queue) -> None:
    with queue._store.locked():
        queue._store.follow()
        queue._store.fold()


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_what_a_batch_does_is_followed_without_reading_the_snapshot(
    times: int, where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower(where.folder, MUSIC)
    state = follower.look()
    with Queue.open(where, MUSIC) as queue:
        queue.begin()
        for _ in range(3):
            rig.settle(queue)
            for _ in range(times):
                rewrite(queue)
            rig.settle(queue)
            with monkeypatch.context() as patch:
                patch.setattr(snapshot, "load", unreadable)
                assert follower.look() is state
            assert same(follower, where)
        assert state.seq == queue.state.seq


def test_who_slept_over_many_rewrites_reads_all_anew(where: Place) -> None:
    follower = Follower(where.folder, MUSIC)
    state = follower.look()
    with Queue.open(where, MUSIC) as queue:
        for _ in range(8):
            rig.settle(queue)
            rewrite(queue)
        assert same(follower, where)
        assert follower.look() is not state


def test_whoever_watches_the_state_hears_of_each_item_as_it_was_and_is(where: Place) -> None:
    follower, heard = Follower(where.folder, MUSIC), []
    follower.look().watch = lambda key, old, new: heard.append(
        (key, old and old.status, new.status)
    )
    with Queue.open(where, MUSIC) as queue:
        rig.settle(queue)
        follower.look()
    assert heard == [
        ("Artist 000", "pending", "in_progress"),
        ("Artist 000", "in_progress", "completed"),
    ]


def test_a_restore_and_an_edit_are_seen_before_anybody_adopts_them(where: Place) -> None:
    with Queue.open(where, MUSIC) as queue:
        rig.settle(queue, 2)
        kept = queue.checkpoint()
        rig.settle(queue, 2)
    follower = Follower(where.folder, MUSIC)
    assert follower.look().settled == 4
    rig.cp(kept, rig.file(where))
    assert follower.look().settled == 2
    assert same(follower, where)
    with Queue.open(where, MUSIC) as queue:
        rig.settle(queue)
        assert same(follower, where)
    assert follower.look().settled == 3
    rig.edit(rig.file(where), '"library_path": "/music"', '"library_path": "/other"')
    assert follower.look().head.library_path == "/other"
    assert same(follower, where)


def test_a_line_that_was_taken_back_is_not_believed(where: Place) -> None:
    """A sync that fails takes back a line which somebody may have read already."""
    follower = Follower(where.folder, MUSIC)
    follower.look()
    with Queue.open(where, MUSIC) as queue:
        journal = rig.journals(where)[-1]
        before = journal.read_bytes()
        claims = queue.claim(2)
        assert len(follower.look().held[""]) == 2
        journal.write_bytes(before)
        with Queue.open(where, MUSIC) as other:
            other.claim(1)
            assert same(follower, where)
            assert len(follower.look().held[""]) == 1
    assert claims


def test_what_cannot_be_read_is_told_and_followed_again_once_it_can(where: Place) -> None:
    follower = Follower(where.folder, MUSIC)
    good = rig.file(where).read_bytes()
    for damage in (b"", good[:-40], b"[]"):
        follower.look()
        rig.file(where).write_bytes(damage)
        with pytest.raises(StateDamaged):
            follower.look()
        assert not follower.follow()
        rig.file(where).write_bytes(good)
        assert same(follower, where)


def test_a_damaged_journal_is_told(where: Place) -> None:
    follower = Follower(where.folder, MUSIC)
    queue = Queue.open(where, MUSIC)
    rig.settle(queue, 1)
    follower.look()
    rig.settle(queue, 2)
    path = rig.journals(where)[-1]
    data = bytearray(path.read_bytes())
    data[data.index(b"Artist 001")] ^= 1
    path.write_bytes(data)
    with pytest.raises(JournalDamaged):
        follower.look()
    rig.abandon(queue)


def test_where_there_is_no_queue_there_is_nothing_to_follow(tmp_path: Path, where: Place) -> None:
    with pytest.raises(NoQueue):
        Follower(tmp_path / "none", MUSIC).look()
    follower = Follower(where.folder, MUSIC)
    follower.look()
    shutil.rmtree(where.folder)
    with pytest.raises(NoQueue):
        follower.look()


DEEDS = st.lists(
    st.sampled_from(
        ["claim", "settle", "settle", "rewrite", "prioritize", "checkpoint", "restore", "edit",
         "kill", "look", "look"]
    ),
    min_size=4,
    max_size=25,
)  # fmt: skip


class Play:
    """A batch in another process, a person with `cp` and an editor, and one who follows."""

    def __init__(self, folder: Path) -> None:
        self.where = rig.at(folder)
        rig.make(self.where, 12).close()
        self.follower = Follower(self.where.folder, MUSIC)
        self.other = self._start()
        self.held: list[str] = []

    def _start(self) -> Neighbour:
        return Neighbour(self.where.folder)

    def do(self, deed: str) -> None:
        getattr(self, deed)()
        if deed == "look":
            assert same(self.follower, self.where)

    def claim(self) -> None:
        self.held += self.other.claim(2)

    def settle(self) -> None:
        if self.held:
            self.other.settle(self.held.pop())

    def rewrite(self) -> None:
        self.other.rewrite()

    def prioritize(self) -> None:
        with contextlib.suppress(UsageFailed):  # it may be taken already
            self.other.prioritize("Artist 011")

    def checkpoint(self) -> None:
        # A file that was edited while the other works is for that one to set aside.
        with contextlib.suppress(QueueBusy), Queue.open(self.where, MUSIC) as queue:
            queue.checkpoint()

    def restore(self) -> None:
        if found := checkpoints.listing(self.where.folder):
            rig.cp(found[-1].path, rig.file(self.where))

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
        self.follower.look()


@settings(max_examples=25)
@given(DEEDS)
def test_whatever_is_done_a_follower_sees_what_a_reader_sees(deeds: list[str]) -> None:
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    try:
        play = Play(folder)
        try:
            for deed in [*deeds, "look"]:
                play.do(deed)
        finally:
            play.other.__exit__(None, None, None)
    finally:
        shutil.rmtree(folder)
