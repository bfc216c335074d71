"""Writers are killed at any moment: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from mediakeep.item import Status
from mediakeep.kinds import MUSIC
from mediakeep.queue import snapshot
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import QueueState
from tests.crash import audit, faults, loop, naive
from tests.crash.loop import RANDOM, Yard
from tests.crash.tap import Tap
from tests.queue import rig

ITEMS = 60


def loaded(path: Path) -> QueueState:
    read = snapshot.load(path, MUSIC)
    return QueueState(MUSIC, read.head, read.items)


def finished(yard: Yard) -> QueueState:
    """Do all that is left, with nobody killing."""
    with Tap(loop.archiving(yard)), Queue.open(rig.at(yard.root), MUSIC) as queue:
        queue.begin_session()
        rig.settle(queue, ITEMS)
        queue.end_session()
        queue.write_checkpoint()
    return loaded(rig.file(rig.at(yard.root)))


@pytest.mark.parametrize("kills", [46, pytest.param(1000, marks=pytest.mark.slow)])
def test_nothing_is_lost_and_nothing_done_twice_however_often_writers_are_killed(
    kills: int, tmp_path: Path
) -> None:
    yard = Yard(tmp_path)
    rig.make(rig.at(tmp_path), ITEMS).close()
    base = loaded(rig.file(rig.at(tmp_path)))
    result = loop.run(yard, kills)
    assert result.failures == []
    assert result.kills.total() >= kills  # each ended by signal 9, where it was told to
    assert set(result.kills) == {RANDOM, *faults.POINTS}
    assert result.reads > kills
    final = finished(yard)
    assert list(audit.faults(yard, base, final)) == []
    acks = audit.acks(yard)
    assert audit.lost(acks, loop.look(yard.queue)) == []
    assert final.counts[Status.PENDING] == final.counts[Status.IN_PROGRESS] == 0
    _tell(yard, result, acks)


def _tell(yard: Yard, result: loop.Result, acks: list[audit.Ack]) -> None:
    known = audit.records(yard)
    ops = Counter(record.op for record in known.values())
    print(f"{result.kills.total()} kills in {result.seconds:.1f} s: {dict(result.kills)}")
    print(f"{len(known)} changes: {dict(ops)}; {len(acks)} acknowledged, {result.reads} reads")


def test_the_same_check_catches_a_file_written_in_place(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    naive.make(yard.queue)
    result = loop.run(yard, 12, naive.write, naive.look)
    acks = audit.acks(yard)
    try:
        view = naive.look(yard.queue)
    except ValueError:
        view = loop.View(0, {})
    assert audit.lost(acks, view)
    assert result.failures  # readers saw half a file, or numbers that went back


def test_the_audit_finds_a_change_that_is_missing_or_done_twice(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.archive.mkdir()
    with rig.make(rig.at(tmp_path), 3) as queue:
        base = loaded(rig.file(queue.location))
        queue.begin_session()
        rig.settle(queue, 3)
        os.close(os.open(yard.acks, os.O_CREAT))
    final = loaded(rig.file(rig.at(tmp_path)))
    assert list(audit.faults(yard, loaded(rig.file(rig.at(tmp_path))), final)) != []
    yard.acks.write_text("settle\tArtist 000\t4\nsettle\tArtist 000\t3\n")
    text = " ".join(audit.faults(yard, base, final))
    assert "acknowledged, but not so recorded: settle of Artist 000 as 4" in text
    assert "as 3" not in text
