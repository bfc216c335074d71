"""A process that is killed while it rewrites the snapshot leaves a queue that is sound."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediakeep.music.item import MUSIC
from mediakeep.queue import compaction, journal, snapshot, validate
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log
from mediakeep.queue.journal import JournalHeader
from mediakeep.queue.queue import Queue
from tests.queue import rig
from tests.sampling import each_row

KILLED = 99


def _die(*_: Any, **__: Any) -> None:
    os._exit(KILLED)


def _after(act: Callable[..., Any]) -> Callable[..., Any]:
    def acting(*value: Any) -> None:
        act(*value)
        os._exit(KILLED)

    return acting


def _half_header(path: Path, header: JournalHeader) -> None:
    path.write_bytes(journal.encode_line(header)[:100])
    os._exit(KILLED)


def _no_header(path: Path, _: JournalHeader) -> None:
    path.touch()
    os._exit(KILLED)


POINTS: dict[str, tuple[object, str, Callable[..., Any]]] = {
    "before-the-history": (event_log, "append_missing", _die),
    "after-the-history": (event_log, "append_missing", _after(event_log.append_missing)),
    "after-the-new-snapshot": (snapshot, "write", _after(snapshot.write)),
    "journal-empty": (compaction.Journal, "create", _no_header),
    "half-a-header": (compaction.Journal, "create", _half_header),
    "before-the-old-is-kept": (compaction, "link_previous_snapshot", _die),
    "before-the-rename": (
        compaction,
        "link_previous_snapshot",
        _after(compaction.link_previous_snapshot),
    ),
    "after-the-rename": (compaction, "archive_previous_snapshot", _die),
    "before-the-seal": (compaction, "seal_journal", _die),
    "after-the-seal": (compaction, "seal_journal", _after(compaction.seal_journal)),
    "before-pruning": (compaction, "prune_journals", _die),
}


def _killed_at(where: QueueLocation, point: str) -> None:
    """Have another process hold two items, settle one of them, and be killed in a rewrite."""
    child = os.fork()
    if child == 0:
        try:
            queue = Queue.open(where, MUSIC)
            queue.begin_session()
            first, _ = queue.claim(2)
            assert queue.settle(first, rig.DONE)
            thing, name, deed = POINTS[point]
            setattr(thing, name, deed)
            queue.write_checkpoint()
            queue._store.rewrite_snapshot()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


@pytest.mark.long
@each_row("point", POINTS)
def test_the_first_validation_after_a_kill_finds_nothing(point: str, tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    rig.make(where, 9).close()
    for _ in range(2):  # what the first left is there when the second dies
        _killed_at(where, point)
    left = rig.content(where.folder)
    assert rig.try_reset(where)[0] == {*rig.names(9)}
    assert rig.content(where.folder) == left
    with Queue.open(where, MUSIC) as queue:
        assert len(queue.recovered_items) == 1
        assert (
            queue.call_with_lock(
                lambda state: list(validate.check_queue_files(where.folder, state))
            )
            == []
        )
        assert rig.completed(queue) == 2
        queue.write_checkpoint()
        assert (
            queue.call_with_lock(
                lambda state: list(validate.check_queue_files(where.folder, state))
            )
            == []
        )
    assert all(journal.read_header(path) for path in rig.journals(where))


def test_a_sealed_journal_whose_header_is_damaged_is_no_aborted_one(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 9) as queue:
        rig.settle(queue)
        queue.write_checkpoint()
        (first, *_, last) = rig.journals(where)
        state = queue.state
        whole = first.read_bytes()
        first.write_bytes(b"x" + whole[1:])
        assert [fault.what for fault in validate.check_queue_files(where.folder, state)]
        first.write_bytes(whole)
        assert list(validate.check_queue_files(where.folder, state)) == []
        assert last != first
