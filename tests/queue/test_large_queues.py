"""The snapshot of a large queue is written without the lock: others commit meanwhile."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediakeep.music.item import MUSIC
from mediakeep.queue import snapshot, store, validate
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue
from mediakeep.queue.store import QueueChange
from tests.queue import rig

KILLED = 99
ITEMS = 9


@pytest.fixture(autouse=True)
def _rewrite_at_every_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "REWRITE_LEAST", 0)
    monkeypatch.setattr(store, "REWRITE_SHARE", 0)
    monkeypatch.setattr(store, "LARGE_QUEUE", ITEMS)


def _note(queue: Queue, text: str, key: str = "Artist 000") -> None:
    assert queue.commit(lambda _: QueueChange("note", {key: {"note": text}}))


def _before_each_write(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    write = snapshot.write

    def acting(*what: Any) -> Any:
        act()
        return write(*what)

    monkeypatch.setattr(snapshot, "write", acting)


def _is_locked(where: QueueLocation) -> bool:
    handle = os.open(where.folder / store.LOCK_FILE, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _check_files(queue: Queue) -> None:
    where = queue.location
    assert queue.call_with_lock(lambda s: [*validate.check_queue_files(where.folder, s)]) == []
    assert not [*where.folder.glob(".*")]


@pytest.mark.parametrize("count", [ITEMS - 1, ITEMS])
def test_the_lock_is_free_while_the_snapshot_of_a_large_queue_is_written(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, locked = rig.at(tmp_path), list[bool]()
    with rig.make(where, count) as queue:
        _before_each_write(monkeypatch, lambda: locked.append(_is_locked(where)))
        _note(queue, "first")
        assert locked == [count < ITEMS]
        assert snapshot.load(rig.file(where), MUSIC).head.seq == queue.state.seq
        _check_files(queue)


def test_a_change_made_meanwhile_by_another_process_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, acts = rig.at(tmp_path), list[Callable[[], None]]()
    with rig.make(where, ITEMS) as queue, Queue.open(where, MUSIC) as other:
        _before_each_write(monkeypatch, lambda: acts.pop()() if acts else None)
        monkeypatch.setattr(other._store, "_is_rewrite_due", lambda: False)
        acts.append(lambda: _note(other, "theirs", "Artist 001"))
        generation = queue.state.head.generation
        _note(queue, "ours")
        assert queue.state.head.generation == generation  # the draft was outdated
        _check_files(queue)
        locked = list[bool]()
        acts.append(lambda: locked.append(_is_locked(where)))
        _note(queue, "ours again")
        assert locked == [True]  # so that it cannot be outdated again
        assert queue.state.head.generation == generation + 1
        acts.append(lambda: locked.append(_is_locked(where)))
        _note(queue, "ours at last")
        assert locked == [True, False]
    items = snapshot.load(rig.file(where), MUSIC).items
    assert (items["Artist 000"].note, items["Artist 001"].note) == ("ours at last", "theirs")


def test_a_draft_that_another_process_made_superfluous_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, acts = rig.at(tmp_path), list[Callable[[], None]]()
    with rig.make(where, ITEMS) as queue, Queue.open(where, MUSIC) as other:
        _before_each_write(monkeypatch, lambda: acts.pop()() if acts else None)
        acts.append(lambda: _note(other, "theirs", "Artist 001"))  # and rewrites the snapshot
        _note(queue, "ours")
        _check_files(queue)
        _note(queue, "ours again")
        _check_files(queue)
    items = snapshot.load(rig.file(where), MUSIC).items
    assert (items["Artist 000"].note, items["Artist 001"].note) == ("ours again", "theirs")


def test_a_full_disk_only_leaves_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    with rig.make(rig.at(tmp_path), ITEMS) as queue:
        with monkeypatch.context() as patched:
            _before_each_write(patched, fail)
            _note(queue, "ours")
        (warning,) = queue.take_warnings()
        assert "No space left on device" in warning
        _note(queue, "ours again")
        _check_files(queue)


def test_the_draft_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    rig.make(where, ITEMS).close()
    child = os.fork()
    if child == 0:
        try:
            queue = Queue.open(where, MUSIC)
            queue._store.hold_lock = lambda: os._exit(KILLED)  # type: ignore[method-assign]
            queue._store._rewrite_with_draft()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
    assert len([*where.folder.glob(".*.tmp")]) == 1
    with Queue.open(where, MUSIC) as queue:
        _note(queue, "ours")
        _check_files(queue)
