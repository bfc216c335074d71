"""The commits of a claimed item: stages, parts, waits, cleanups, and what they leave."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediakeep.errors import InvalidItemData
from mediakeep.item import Item, Status
from mediakeep.outcome import Outcome, PartFailed
from mediakeep.queue import readonly, store
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from tests.queue import rig, staged_rig
from tests.queue.staged_rig import JOBS, Job
from tests.sampling import each_row

P, I, C, E, S = Status  # noqa: E741
FAILED = SettleRequest(Outcome(E, "It broke."), 5.0, "2025-12-17T10:10:00+00:00", 2.0)


@pytest.fixture
def clock() -> rig.Clock:
    return rig.Clock()


@pytest.fixture
def queue(tmp_path: Path, clock: rig.Clock) -> Iterator[Queue]:
    with staged_rig.make(staged_rig.at(tmp_path, clock), 9) as opened:
        yield opened


def events(queue: Queue, op: str) -> list[dict[str, Any]]:
    """Return the facts of all changes with an operation, as they are in the journal."""
    records = readonly.load_state_and_position(queue.location.folder, JOBS).records
    return [record.facts for record in records if record.op == op]


def on_disk(queue: Queue, key: str) -> Item:
    """Return an item as another process reads it, which must be as this one has it."""
    item = readonly.load_state(queue.location.folder, JOBS).items[key]
    assert item == queue.state.items[key]
    return item


def claim_one(queue: Queue) -> Claim:
    (claim,) = queue.claim(1)
    return claim


def go_on(queue: Queue, claim: Claim, stage: str, **data: Any) -> None:
    assert queue.advance_stage(claim, Outcome(next_stage=stage, data=data), 1.25)


def test_a_finished_stage_is_recorded_with_its_data_seconds_and_facts(queue: Queue) -> None:
    claim = claim_one(queue)
    queue.record_part(claim, "1", "x")
    outcome = Outcome(next_stage="converting", data={"copied": True}, facts={"bytes": 7})
    assert queue.advance_stage(claim, outcome, 1.25)
    item = on_disk(queue, claim.key)
    assert isinstance(item, Job)
    assert (item.processing_stage, item.copied, item.parts) == ("converting", True, None)
    assert (item.status, item.attempts) == (I, 0)
    facts = {"stage": "copying", "next": "converting", "outcome": "done", "attempts": 1}
    assert events(queue, "stage") == [{**facts, "bytes": 7, "seconds": 1.25}]


@each_row("stage", ["publishing", "copying", "unheard-of", "failed_copy", "published"])
def test_a_stage_that_may_not_follow_is_refused(queue: Queue, stage: str) -> None:
    claim = claim_one(queue)
    with pytest.raises(InvalidItemData, match=rf"{claim.key}.*copying.*{stage}.*converting"):
        queue.advance_stage(claim, Outcome(next_stage=stage), 0.0)
    assert queue.state.items[claim.key].processing_stage == ""


def test_a_parked_item_waits_without_an_attempt_and_is_taken_when_due(
    queue: Queue, clock: rig.Clock
) -> None:
    claim = claim_one(queue)
    go_on(queue, claim, "converting")
    queue.record_part(claim, "1", 1)
    queue.record_part(claim, "2", PartFailed("no"))
    outcome = Outcome(P, "it rains", {"noted": "wet"}, retry_after=3600, facts={"mm": 3})
    assert queue.park(claim, outcome, 2.0)
    item = on_disk(queue, claim.key)
    assert isinstance(item, Job)
    assert (item.status, item.attempts, item.parked, item.noted) == (P, 0, "it rains", "wet")
    assert (item.session, item.claim, item.not_before) == ("", 0, "2025-12-17T11:00:00+00:00")
    assert item.parts
    assert (item.parts.done, item.parts.failed) == ({"1": [1]}, {})
    until = {"stage": "converting", "until": item.not_before, "why": "it rains", "seconds": 2.0}
    assert events(queue, "park") == [{**until, "mm": 3}]
    assert claim.key not in [taken.key for taken in queue.claim(99)]
    clock.forward(hours=1)
    again = claim_one(queue)
    assert (again.key, again.item.processing_stage) == (claim.key, "converting")
    assert (again.item.parked, again.item.not_before) == ("", "")
    assert not queue.park(claim, outcome, 0.0)  # the former claim


@each_row(
    "outcome",
    [Outcome(P, "why"), Outcome(P, retry_after=60.0), Outcome(P, "why", retry_after=nan)],
)
def test_a_wait_without_time_or_reason_is_refused(queue: Queue, outcome: Outcome) -> None:
    claim = claim_one(queue)
    with pytest.raises(InvalidItemData, match=f"{claim.key}, stage copying: it waits without a"):
        queue.park(claim, outcome, 0.0)
    assert queue.state.items[claim.key].status is I


@each_row(("wait", "until"), [(-5.0, "2025-12-17T10:00:01"), (1e300, "2026-12-18T10:00:00")])
def test_a_wait_has_limits(queue: Queue, wait: float, until: str) -> None:
    claim = claim_one(queue)
    queue.park(claim, Outcome(P, "why", retry_after=wait), 0.0)
    assert queue.state.items[claim.key].not_before.startswith(until)


def test_a_thousand_parked_items_are_taken_at_their_time_in_one_claim(
    tmp_path: Path, clock: rig.Clock
) -> None:
    with staged_rig.make(staged_rig.at(tmp_path, clock), 1000) as queue:
        for claim in queue.claim(1000):
            queue.park(claim, Outcome(P, "night", retry_after=60), 0.0)
        assert queue.claim(1000) == []
        clock.forward(seconds=59)
        assert queue.claim(1000) == []
        assert rig.peek_keys(queue, 1) == []
        clock.forward(seconds=1)
        assert len(rig.peek_keys(queue, 1000)) == 1000
        assert len(queue.claim(1000)) == 1000


def test_unparked_items_are_taken_at_once(queue: Queue) -> None:
    claims = queue.claim(2)
    for claim in claims:
        queue.park(claim, Outcome(P, "why", retry_after=60), 0.0)
    assert queue.unpark([claims[0].key, "Job 002", "unheard-of"]) == [claims[0].key]
    assert [claim.key for claim in queue.claim(2)] == [claims[0].key, "Job 002"]
    assert queue.unpark([]) == []


def test_a_failed_stage_leaves_its_code_and_is_counted_by_stage(
    queue: Queue, clock: rig.Clock
) -> None:
    claim = claim_one(queue)
    go_on(queue, claim, "converting")
    assert queue.settle(claim, FAILED)
    item = on_disk(queue, claim.key)
    assert (item.processing_stage, item.attempts) == ("failed_convert", {"converting": 1})
    (facts,) = events(queue, "settle")
    stage = {"stage": "converting", "stage_seconds": 2.0, "attempts": 1}
    assert facts == {**stage, "state": "error", "seconds": 5.0, "error": "It broke."}
    assert queue.state.count_by_stage() == {"copying": 8, "failed_convert": 1}
    clock.forward(minutes=10)
    again = next(one for one in queue.claim(9) if one.key == claim.key)
    assert again.item.processing_stage == "converting"
    go_on(queue, again, "publishing")
    assert queue.settle(again, SettleRequest(Outcome()))
    done = on_disk(queue, claim.key)
    assert (done.status, done.processing_stage) == (C, "published")
    assert done.attempts == {"converting": 1, "publishing": 1}


def test_a_later_attempt_begins_in_the_stage_that_the_failure_names(
    queue: Queue, clock: rig.Clock
) -> None:
    claim = claim_one(queue)
    go_on(queue, claim, "converting")
    queue.record_part(claim, "1", 1)
    failed = Outcome(E, "It broke.", resume_stage="copying")
    queue.settle(claim, SettleRequest(failed, not_before=FAILED.not_before))
    item = on_disk(queue, claim.key)
    assert (item.processing_stage, item.resume_stage, item.parts) == (
        *("failed_convert", "copying", None),
    )
    clock.forward(minutes=10)
    again = next(one for one in queue.claim(9) if one.key == claim.key)
    assert (again.item.processing_stage, again.item.resume_stage) == ("copying", "")


@each_row("resume", ["publishing", "unheard-of", "failed_copy"])
def test_a_stage_to_resume_in_must_have_been_reached(queue: Queue, resume: str) -> None:
    claim = claim_one(queue)
    with pytest.raises(InvalidItemData, match=rf"copying.*{resume}"):
        queue.settle(claim, SettleRequest(Outcome(E, "no", resume_stage=resume)))


@each_row(("ending", "status"), [(E, E), (S, S)])
def test_a_cleanup_is_due_until_it_is_settled(queue: Queue, ending: Status, status: Status) -> None:
    claim = claim_one(queue)
    go_on(queue, claim, "converting")
    assert queue.begin_cleanup(claim, Outcome(E, "It broke."), 4.0)
    item = on_disk(queue, claim.key)
    assert (item.cleanup_stage, item.processing_stage) == ("converting", "failed_convert")
    assert (item.status, item.attempts) == (I, {"converting": 1})
    facts = {"stage": "converting", "outcome": "failed", "attempts": 1, "seconds": 4.0}
    assert events(queue, "stage")[-1] == {**facts, "error": "It broke."}
    queue.release([claim])  # as after a kill
    (again,) = queue.claim_by_key(claim.key)
    assert (again.item.cleanup_stage, again.item.processing_stage) == (
        *("converting", "failed_convert"),
    )
    data = {"noted": "kept"} | ({"skip_reason": "It broke."} if ending is S else {})
    outcome = Outcome(ending, "It broke.", data, resume_stage="converting")
    assert queue.settle(again, SettleRequest(outcome))
    done = on_disk(queue, claim.key)
    assert isinstance(done, Job)
    assert (done.status, done.cleanup_stage, done.noted) == (status, "", "kept")
    assert (done.processing_stage, done.resume_stage) == ("failed_convert", "converting")
    assert (done.attempts, done.not_before) == ({"converting": 1}, "")
    assert events(queue, "settle")[-1]["attempts"] == 1


def test_an_exhausted_item_is_skipped_with_the_code_of_its_stage(queue: Queue) -> None:
    claim = claim_one(queue)
    outcome = Outcome(S, "no use", {"skip_reason": "no use"})
    queue.settle(claim, SettleRequest(outcome, exhausted=True))
    assert on_disk(queue, claim.key).processing_stage == "failed_copy"


@each_row("result", [None, 7, "x", [1], {"a": {"b": None}}, []])
def test_the_result_of_a_part_is_kept_as_it_was(queue: Queue, result: Any) -> None:
    claim = claim_one(queue)
    assert queue.record_part(claim, "1", PartFailed("no"))
    assert queue.record_part(claim, "1", PartFailed("no"))
    item = on_disk(queue, claim.key)
    assert item.parts
    assert item.parts.failed == {"1": 2}
    assert queue.record_part(claim, "1", result)
    item = on_disk(queue, claim.key)
    assert item.parts
    assert (item.parts.done, item.parts.failed) == ({"1": [result]}, {})
    queue.write_checkpoint()
    assert queue.record_part(claim, "2", result)
    assert set(on_disk(queue, claim.key).parts.done) == {"1", "2"}  # type: ignore[union-attr]


def test_a_part_that_cannot_be_stored_leaves_no_trace(queue: Queue) -> None:
    claim = claim_one(queue)
    queue.record_part(claim, "1", 1)
    with pytest.raises((TypeError, msgspec.MsgspecError)):
        queue.record_part(claim, "2", object())
    assert on_disk(queue, claim.key).parts.done == {"1": [1]}  # type: ignore[union-attr]


def test_a_part_neither_copies_nor_writes_the_others(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "REWRITE_LEAST", inf)  # a rewrite begins another journal
    claim = claim_one(queue)
    queue.record_part(claim, "0", "x")
    item = queue.state.items[claim.key]
    assert item.parts
    results, journal = item.parts.done, queue._store._journal
    assert journal
    sizes = []
    for number in range(100, 400):
        before = journal.end
        queue.record_part(claim, f"{number}", "x")
        sizes.append(journal.end - before)
        assert queue._store._journal is journal
        assert queue.state.items[claim.key].parts.done is results  # type: ignore[union-attr]
    assert len(results) == 301
    assert max(sizes) <= min(sizes) + 5
    assert on_disk(queue, claim.key).parts.done == results  # type: ignore[union-attr]
