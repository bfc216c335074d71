"""Writers are killed at any moment: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.queue import snapshot
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import QueueState
from tests.crash import audit, faults, loop, naive
from tests.crash.loop import RANDOM, Workspace
from tests.crash.tap import Tap
from tests.queue import rig

ITEMS = loop.MOST


def load(path: Path) -> QueueState:
    read = snapshot.load(path, MUSIC)
    return QueueState(MUSIC, read.head, read.items)


def finish(workspace: Workspace) -> QueueState:
    """Do all that is left, with nobody killing."""
    with Tap(loop.archiving(workspace)), Queue.open(rig.at(workspace.root), MUSIC) as queue:
        queue.begin_session()
        queue.unpark(list(queue.state.items))
        rig.settle(queue, ITEMS)
        queue.end_session()
        queue.write_checkpoint()
    return load(rig.file(rig.at(workspace.root)))


@pytest.mark.loop
@pytest.mark.parametrize(
    "kills", [2 * len(faults.POINTS) + 2, pytest.param(1000, marks=pytest.mark.slow)]
)
def test_nothing_is_lost_and_nothing_done_twice_however_often_writers_are_killed(
    kills: int, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    rig.make(rig.at(tmp_path), ITEMS).close()
    base = load(rig.file(rig.at(tmp_path)))
    result = loop.run(workspace, kills)
    assert result.failures == []
    assert result.kills.total() >= kills  # each ended by signal 9 at its point
    assert set(result.kills) == {RANDOM, *faults.POINTS}
    assert result.reads > kills
    final = finish(workspace)
    assert list(audit.list_faults(workspace, base, final)) == []
    acks = audit.read_acks(workspace)
    assert audit.list_lost(acks, loop.look(workspace.queue)) == []
    assert final.counts[Status.PENDING] == final.counts[Status.IN_PROGRESS] == 0
    _report(workspace, result, acks)


def _report(workspace: Workspace, result: loop.Result, acks: list[audit.Ack]) -> None:
    known = audit.read_records(workspace)
    ops = Counter(record.op for record in known.values())
    print(f"{result.kills.total()} kills in {result.seconds:.1f} s: {dict(result.kills)}")
    print(f"{len(known)} changes: {dict(ops)}; {len(acks)} acknowledged, {result.reads} reads")


def test_the_same_check_catches_a_file_written_in_place(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    naive.make(workspace.queue)
    loop.run(workspace, 12, naive.write, naive.look)
    acks = audit.read_acks(workspace)
    try:
        view = naive.look(workspace.queue)
    except ValueError:
        view = loop.View(0, {})
    assert audit.list_lost(acks, view)
    # Readers see half a file, or numbers that go back. In the loop they may come too late.
    naive.file(workspace.queue).write_text('{"seq": 1')
    found: list[tuple[int, list[str]]] = []
    stop = SimpleNamespace(is_set=iter([False, True]).__next__)
    loop.read(workspace, naive.look, stop, SimpleNamespace(send=found.append))
    assert [len(failures) for _, failures in found] == [1]


def test_the_audit_finds_a_change_that_is_missing_or_done_twice(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.archive.mkdir()
    with rig.make(rig.at(tmp_path), 3) as queue:
        base = load(rig.file(queue.location))
        queue.begin_session()
        rig.settle(queue, 3)
        os.close(os.open(workspace.acks, os.O_CREAT))
    final = load(rig.file(rig.at(tmp_path)))
    assert list(audit.list_faults(workspace, load(rig.file(rig.at(tmp_path))), final)) != []
    workspace.acks.write_text("settle\tArtist 000\t4\nsettle\tArtist 000\t3\n")
    text = " ".join(audit.list_faults(workspace, base, final))
    assert "acknowledged, but not so recorded: settle of Artist 000 as 4" in text
    assert "as 3" not in text
