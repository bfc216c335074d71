"""Processes that work on one queue follow each other, and whoever only looks sees whole states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import JournalDamaged, StateDamaged
from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.queue import journal, readonly, snapshot
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue
from tests.descriptors import list_descriptors
from tests.queue import rig


def rewrite(queue: Queue, times: int = 1) -> None:
    for _ in range(times):
        with queue._store.hold_lock():
            queue._store.read_new_changes()
            queue._store.try_rewrite_snapshot()


def follow(queue: Queue) -> None:
    with queue._store.hold_lock():
        queue._store.read_new_changes()


@pytest.fixture
def where(tmp_path: Path) -> QueueLocation:
    place = rig.at(tmp_path)
    rig.make(place, 30).close()
    return place


def test_a_torn_line_is_cut_when_the_queue_is_opened(where: QueueLocation) -> None:
    path = rig.journals(where)[-1]
    whole = path.read_bytes()
    path.write_bytes(
        whole + journal.encode_line(journal.JournalRecord(seq=1, time="x" * 900, op="claim"))[:-1]
    )
    queue = Queue.open(where, MUSIC)
    assert path.read_bytes() == whole
    queue.close()


def unreadable(*_: Any) -> Any:
    raise AssertionError("the snapshot was read")


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_a_change_by_another_process_is_followed_without_reading_the_snapshot(
    times: int, where: QueueLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Queue.open(where, MUSIC) as queue, Queue.open(where, MUSIC) as two:
        queue.begin_session()
        monkeypatch.setattr(snapshot, "load", unreadable)
        for _ in range(3):
            rig.settle(queue)
            rewrite(queue, times)
            rig.settle(queue)
            follow(two)
            assert two.state.items == queue.state.items
            assert two.state.seq == queue.state.seq
        monkeypatch.undo()


def test_a_follower_that_missed_rewrites_rereads_everything(where: QueueLocation) -> None:
    with Queue.open(where, MUSIC) as queue, Queue.open(where, MUSIC) as two:
        queue.begin_session()
        for _ in range(8):
            rig.settle(queue)
            rewrite(queue)
        assert not Path(two._store._journal.path).exists()  # type: ignore[union-attr]
        follow(two)
        assert two.state.items == queue.state.items
        two.begin_session()
        assert [claim.key for claim in two.claim(1)] == ["Artist 008"]


def test_the_leftover_of_a_killed_rewrite_is_ignored(where: QueueLocation) -> None:
    with Queue.open(where, MUSIC) as queue, Queue.open(where, MUSIC) as two:
        queue.begin_session()
        rig.settle(queue)
        current = rig.journals(where)[-1]
        header = journal.read_header(current)
        assert header
        name = journal.journal_name(header.generation + 1, "0" * 16)
        stray = journal.JournalHeader(
            generation=header.generation + 1,
            snapshot_id="0" * 16,
            seq=queue.state.seq,
            digest="",
            stat=(0, 0, 0, 0),
            previous=current.name,
        )
        journal.Journal.create(current.with_name(name), stray).close()
        rewrite(queue)
        rig.settle(queue)
        follow(two)
        assert two.state.items == queue.state.items
    assert name not in [path.name for path in rig.journals(where)]


def test_following_leaves_no_file_open(where: QueueLocation) -> None:
    before = list_descriptors()
    with Queue.open(where, MUSIC) as queue, Queue.open(where, MUSIC) as two:
        queue.begin_session()
        two.begin_session()
        counts = set()
        for _ in range(12):
            rig.settle(queue)
            rewrite(queue, 2)
            rig.settle(two)
            rewrite(two, 2)
            follow(queue)
            counts.add(len(list_descriptors() - before))
        assert len(counts) == 1
    rig.cp(where.folder / "processing_queue.json", where.folder / "copy.json")


def test_restores_leave_no_file_open(where: QueueLocation, tmp_path: Path) -> None:
    before = list_descriptors()
    with Queue.open(where, MUSIC) as queue:
        queue.begin_session()
        checkpoint = queue.write_checkpoint()
        counts = set()
        for _ in range(4):
            rig.settle(queue)
            rig.cp(checkpoint, rig.file(where))
            follow(queue)
            counts.add(len(list_descriptors() - before))
        assert len(counts) == 1


def test_a_queue_closes_its_files(where: QueueLocation) -> None:
    before = list_descriptors()
    with Queue.open(where, MUSIC) as queue:
        queue.begin_session()
        rig.settle(queue)
    assert list_descriptors() <= before


def test_a_reader_looks_again_where_a_writer_was_faster(
    where: QueueLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = snapshot.load
    with Queue.open(where, MUSIC) as queue:
        queue.begin_session()
        left = 2

        def overtaken(*arguments: Any) -> snapshot.LoadedSnapshot:
            nonlocal left
            loaded = load(*arguments)
            if left:
                left -= 1
                rig.settle(queue)
                rewrite(queue, left * 5)  # to behind the journals that are kept
            return loaded

        monkeypatch.setattr(snapshot, "load", overtaken)
        seen = readonly.load_state(where.folder, MUSIC)
        monkeypatch.undo()
        assert left == 0
        assert seen.counts[Status.COMPLETED] == 2
        assert seen.items == queue.state.items


def test_a_reader_looks_again_where_it_saw_half_a_line(
    where: QueueLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, failures = journal.read, [JournalDamaged("x", 1, "half"), StateDamaged("a gap")]

    def half(*arguments: Any) -> journal.JournalContent:
        if failures:
            raise failures.pop()
        return read(*arguments)

    monkeypatch.setattr(journal, "read", half)
    assert len(readonly.load_state(where.folder, MUSIC).items) == 30
    assert failures == []
