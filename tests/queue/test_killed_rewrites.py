"""A process that is killed while it rewrites the snapshot leaves a queue that is sound."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediakeep.kinds import MUSIC
from mediakeep.queue import check, history, journal, rewrite, snapshot
from mediakeep.queue.journal import Header
from mediakeep.queue.queue import Queue
from mediakeep.queue.rewrite import Place
from tests.queue import rig

KILLED = 99


def _die(*_: Any, **__: Any) -> None:
    os._exit(KILLED)


def _after(act: Callable[..., Any]) -> Callable[..., Any]:
    def acting(*given: Any) -> None:
        act(*given)
        os._exit(KILLED)

    return acting


def _half_header(path: Path, header: Header) -> None:
    path.write_bytes(journal.line(header)[:100])
    os._exit(KILLED)


def _no_header(path: Path, _: Header) -> None:
    path.touch()
    os._exit(KILLED)


POINTS: dict[str, tuple[object, str, Callable[..., Any]]] = {
    "before-the-history": (history, "absorb", _die),
    "after-the-history": (history, "absorb", _after(history.absorb)),
    "after-the-new-snapshot": (snapshot, "write", _after(snapshot.write)),
    "journal-empty": (rewrite.Journal, "create", _no_header),
    "half-a-header": (rewrite.Journal, "create", _half_header),
    "before-the-old-is-kept": (rewrite, "keep", _die),
    "before-the-rename": (rewrite, "keep", _after(rewrite.keep)),
    "after-the-rename": (rewrite, "file_kept", _die),
    "before-the-seal": (rewrite, "seal", _die),
    "after-the-seal": (rewrite, "seal", _after(rewrite.seal)),
    "before-pruning": (rewrite, "prune", _die),
}


def _killed_at(where: Place, point: str) -> None:
    """Have another process hold two items, settle one of them, and be killed in a rewrite."""
    child = os.fork()
    if child == 0:
        try:
            queue = Queue.open(where, MUSIC)
            queue.begin()
            first, _ = queue.claim(2)
            assert queue.settle(first, rig.DONE)
            thing, name, deed = POINTS[point]
            setattr(thing, name, deed)
            queue.checkpoint()
            queue._store.rewrite()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


@pytest.mark.parametrize("point", POINTS)
def test_the_first_validation_after_a_kill_finds_nothing(point: str, tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    rig.make(where, 9).close()
    for _ in range(2):  # what the first left is there when the second dies
        _killed_at(where, point)
    with Queue.open(where, MUSIC) as queue:
        assert len(queue.taken_back) == 1
        assert queue.look(lambda state: list(check.record(where.folder, state))) == []
        assert rig.completed(queue) == 2
        queue.checkpoint()
        assert queue.look(lambda state: list(check.record(where.folder, state))) == []
    assert all(journal.header(path) for path in rig.journals(where))


def test_a_sealed_journal_whose_header_is_damaged_is_no_aborted_one(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 9) as queue:
        rig.settle(queue)
        queue.checkpoint()
        (first, *_, last) = rig.journals(where)
        state = queue.state
        whole = first.read_bytes()
        first.write_bytes(b"x" + whole[1:])
        assert [fault.what for fault in check.record(where.folder, state)]
        first.write_bytes(whole)
        assert list(check.record(where.folder, state)) == []
        assert last != first
