"""Restores, replays and scans of items that have passed some of their stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mediakeep.item import PartsRecord, Status
from mediakeep.outcome import Outcome
from mediakeep.queue import scan_diff
from mediakeep.queue.claims import Claim
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue
from tests.queue import rig, staged_rig
from tests.queue.staged_rig import JOBS, Job
from tests.sampling import each_row

P, I, C, E, S = Status  # noqa: E741
PARTS = PartsRecord(done={"0:ab": [1]})


def advance(queue: Queue, claim: Claim, stage: str) -> None:
    assert queue.advance_stage(claim, Outcome(next_stage=stage), 0.0)


def restore(where: QueueLocation, checkpoint: Path) -> tuple[Queue, str]:
    """Restore a checkpoint; return the open queue, and the name of the one before."""
    rig.cp(checkpoint, rig.file(where))
    queue = Queue.open(where, JOBS)
    assert queue.state.head.restored
    return queue, queue.state.head.restored.aside


def test_a_replay_brings_back_stages_parts_and_waits(tmp_path: Path) -> None:
    where = staged_rig.at(tmp_path)
    with staged_rig.make(where, 4) as queue:
        early = queue.write_checkpoint()
        released, running, parked, _ = claims = queue.claim(4)
        for claim in (released, running):
            advance(queue, claim, "converting")
            queue.record_part(claim, "0:ab", 1)
        queue.park(parked, Outcome(P, "rain", retry_after=60), 0.0)
        queue.release([released, claims[-1]])
    queue, aside = restore(where, early)
    with queue:
        assert set(queue.replay_undone_items(aside).back) == {c.key for c in claims[:3]}
        for claim in (released, running):
            item = queue.state.items[claim.key]
            assert (item.status, item.processing_stage, item.parts) == (P, "converting", PARTS)
            assert (item.claim, item.session) == (0, "")
        assert queue.state.items[parked.key].parked == "rain"
        assert queue.replay_undone_items(aside).back == {}


def test_a_replay_keeps_stages_that_ran_since(tmp_path: Path) -> None:
    clock = rig.Clock()
    where = staged_rig.at(tmp_path, clock)
    with staged_rig.make(where, 1) as queue:
        queue.release(queue.claim(1))
        early = queue.write_checkpoint()
        clock.forward(seconds=60)
        (claim,) = queue.claim(1)
        advance(queue, claim, "converting")
    queue, aside = restore(where, early)
    with queue:
        queue.begin_session()
        clock.forward(seconds=60)
        (claim,) = queue.claim(1)
        advance(queue, claim, "converting")
        advance(queue, claim, "publishing")
        queue.release([claim])
        plan = queue.replay_undone_items(aside)
        assert (plan.back, plan.left) == ({}, {claim.key: "was done again since"})
        assert queue.state.items[claim.key].processing_stage == "publishing"


@each_row(
    ("fields", "stage"),
    [
        ({"processing_stage": "converting"}, ""),
        ({"parts": PARTS}, ""),
        ({"processing_stage": "converting", "copied": True}, "converting"),  # has a working copy
    ],
)
def test_a_changed_source_begins_from_the_start(fields: dict[str, Any], stage: str) -> None:
    state = staged_rig.state({"a": Job(status=P, path="/in/a", fingerprint="f1", **fields)})
    diff = scan_diff.compare_with_scan(state, staged_rig.found(["a"], "f2"))
    changed = state.build_changed_items(diff.build_patches(), "scan")["a"]
    assert changed
    assert (changed.fingerprint, changed.processing_stage) == ("f2", stage)
    assert changed.parts is None
