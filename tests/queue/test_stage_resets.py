"""Resets of items with stages, and stages that a user edited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mediakeep.errors import InvalidQueueValues, StateDamaged, UnknownField, UsageError
from mediakeep.item import PartsRecord, Status
from mediakeep.outcome import Outcome
from mediakeep.queue import actions, readonly, repair, resets, scan_diff, stage_checks
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.state import QueueState
from tests.queue import rig, staged_rig
from tests.queue.staged_rig import JOBS, Job
from tests.sampling import each_row

P, I, C, E, S = Status  # noqa: E741
PARTS = PartsRecord(done={"1": [1]}, failed={"2": 1})
TRIED = {"copying": 1, "converting": 2}
FAILED: dict[str, Any] = {"processing_stage": "failed_convert", "attempts": TRIED, "parts": PARTS}
KEPT = PartsRecord(done={"1": [1]})

# Fields of the item, the stage that the user names, and then: stage, attempts, parts.
RESETS: list[tuple[dict[str, Any], str, tuple[Any, ...]]] = [
    (FAILED, "", ("", 0, None)),
    ({**FAILED, "resume_stage": "converting"}, "", ("converting", {"copying": 1}, KEPT)),
    ({**FAILED, "copied": True}, "", ("converting", {"copying": 1}, KEPT)),
    (
        {**FAILED, "copied": True, "resume_stage": "copying"},
        "",
        ("converting", {"copying": 1}, KEPT),
    ),
    (FAILED, "converting", ("converting", {"copying": 1}, KEPT)),
    ({**FAILED, "copied": True}, "copying", ("copying", 0, None)),
    (
        {"processing_stage": "publishing", "attempts": {**TRIED, "publishing": 1}, "copied": True},
        *("converting", ("converting", {"copying": 1}, None)),
    ),
]


@each_row(("fields", "to", "expected"), RESETS)
def test_a_reset_keeps_what_is_still_valid(
    fields: dict[str, Any], to: str, expected: tuple[Any, ...]
) -> None:
    item = Job(status=E, error_message="x", not_before="2026", noted="read", **fields)
    state = staged_rig.state({"a": item})
    changed = state.build_changed_item("a", resets.build_reset_patch(JOBS, item, to), "reset")
    assert isinstance(changed, Job)
    assert (changed.processing_stage, changed.attempts, changed.parts) == expected
    assert (changed.status, changed.noted, changed.error_message) == (P, "read", "")
    assert (changed.resume_stage, changed.not_before) == ("", "")


@each_row("stage", ["", "copying", "failed_copy"])
def test_a_reset_never_begins_with_a_stage_that_was_not_reached(stage: str) -> None:
    item = Job(status=E, processing_stage=stage, copied=True, attempts={"copying": 1})
    state = staged_rig.state({"a": item})
    changed = state.build_changed_item("a", resets.build_reset_patch(JOBS, item), "reset")
    assert (changed.processing_stage, changed.attempts) == ("copying", 0)


COMPLETED = {"processing_stage": "published", "copied": True}


@each_row("to", ["", "checking", "copying"])
def test_a_completed_item_begins_at_the_limit_or_the_named_stage(to: str, tmp_path: Path) -> None:
    state = staged_rig.state({"a": Job(status=C, **COMPLETED)})
    reset = actions.reset_items(staged_rig.at(tmp_path), lambda _: ["a"], to_stage=to)(state)
    changed = state.build_changed_items(reset.items, "reset")["a"]
    assert changed
    assert changed.processing_stage == (to or "converting")


@each_row(
    ("to", "message"),
    [
        ("checking", "a cannot be reset to stage checking: it has only reached stage converting"),
        ("failed_convert", 'no stage "failed_convert".*copying, converting'),
        ("published", "no stage"),
    ],
)
def test_a_stage_that_was_not_reached_cannot_be_named(
    to: str, message: str, tmp_path: Path
) -> None:
    state = staged_rig.state({"a": Job(status=E, **FAILED)})
    with pytest.raises(UsageError, match=message):
        actions.reset_items(staged_rig.at(tmp_path), lambda _: ["a"], to_stage=to)(state)


def test_a_reset_forgets_the_wait_and_the_due_cleanup(tmp_path: Path) -> None:
    waiting = {"not_before": "2026-01-01T00:00:00+00:00", "parked": "why"}
    item = Job(status=P, cleanup_stage="converting", **FAILED, **waiting)
    changed = staged_rig.state({"a": item}).build_changed_item(
        "a", resets.build_reset_patch(JOBS, item), "reset"
    )
    assert (changed.cleanup_stage, changed.parked, changed.not_before) == ("", "", "")


CONVERTING: dict[str, Any] = {"processing_stage": "converting", "parts": PARTS, "attempts": TRIED}
KEPT_PARTS: dict[str, Any] = {**FAILED, "resume_stage": "converting"}
FIRST = ("", 0, None)


@each_row(
    ("consumes", "item", "expected"),
    [
        (False, Job(status=P, **CONVERTING), FIRST),
        (False, Job(status=E, **KEPT_PARTS), FIRST),
        (False, Job(status=P, parked="rain", not_before="2026"), ("", 0, None)),
        (True, Job(status=P, **CONVERTING), FIRST),
        (True, Job(status=P, copied=True, **CONVERTING), ("converting", TRIED, PARTS)),
        (True, Job(status=E, copied=True, **KEPT_PARTS), ("converting", {"copying": 1}, KEPT)),
    ],
)
def test_a_changed_source_begins_again_unless_a_copy_is_processed(
    consumes: bool, item: Job, expected: tuple[Any, ...]
) -> None:
    kind = structs.replace(JOBS, consumes_source=consumes)
    items = {"a": structs.replace(item, path="/in/a", fingerprint="f1")}
    state = QueueState(kind, staged_rig.state({}).head, {**items})
    diff = scan_diff.compare_with_scan(state, staged_rig.found(["a"], "f2"))
    changed = state.build_changed_items(diff.build_patches(), "scan")["a"]
    assert isinstance(changed, Job)
    assert (changed.processing_stage, changed.attempts, changed.parts) == expected
    assert (changed.status, changed.fingerprint, changed.resume_stage) == (P, "f2", "")
    assert changed.parked == item.parked  # it waits if no stage has begun


def test_an_item_marked_as_completed_has_passed_all_stages(tmp_path: Path) -> None:
    with staged_rig.make(staged_rig.at(tmp_path), 1) as queue:
        queue.commit(actions.mark_completed("Job 000", "2025-12-17T10:00:00+00:00"))
        assert queue.state.items["Job 000"].processing_stage == "published"
        assert queue.state.count_by_stage() == {"published": 1}


EDITS = [
    (
        {"processing_stage": "convrting"},
        'processing_stage has the unknown stage "convrting".*one of',
    ),
    ({"cleanup_stage": "failed_copy"}, "cleanup_stage has the unknown"),
    ({"resume_stage": "x"}, "resume_stage has the unknown"),
    ({"attempts": {"x": 1}}, "attempts has the unknown"),
    ({"parked": "rain"}, "parked without a time. Set not_before"),
    ({"parked": "rain", "not_before": "tomorrow"}, 'not_before is "tomorrow", not a date'),
    ({"parked": "rain", "not_before": "2026-01-01T00:00:00"}, "not a date"),  # of no time zone
    ({"parked": "rain", "not_before": "2026-01-01T00:00:00+00:00", "status": C}, "but completed"),
]


@each_row(("fields", "message"), EDITS)
def test_an_invalid_stage_is_found(fields: dict[str, Any], message: str) -> None:
    item = Job(**{"status": P, **fields})
    with pytest.raises(AssertionError, match=message):
        assert not stage_checks.find_stage_fault(JOBS, item), stage_checks.find_stage_fault(
            JOBS, item
        )


@each_row(
    ("old", "new", "message"),
    [
        (
            'stage": "failed_copy"',
            'stage": "failed_cpy"',
            'job "Job 000".*"failed_cpy".*Use one of: copying',
        ),
        ('"not_before": "2025-12-17T11:00:00+00:00",', "", 'job "Job 001".*parked without a time'),
    ],
)
def test_an_edited_stage_is_refused_and_can_be_repaired(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    where = staged_rig.at(tmp_path / str(len(new)))
    with staged_rig.make(where, 2) as queue:
        failed, parked = queue.claim(2)
        queue.settle(failed, SettleRequest(Outcome(E, "no")))
        queue.park(parked, Outcome(P, "rain", retry_after=3600), 0.0)
        before = dict(queue.state.items)
        queue.end_session()
    rig.edit(rig.file(where), old, new)
    content = rig.file(where).read_bytes()
    for read in (lambda: readonly.load_state(where.folder, JOBS), lambda: Queue.open(where, JOBS)):
        with pytest.raises((UnknownField, InvalidQueueValues), match=message) as caught:
            read()
        assert caught.value.exit_code == StateDamaged.exit_code == 3
    assert rig.file(where).read_bytes() == content
    assert repair.repair_queue(where, JOBS, lambda _: [])
    with Queue.open(where, JOBS) as queue:
        assert queue.state.items == before


def test_a_music_queue_is_checked_for_waits_without_a_time(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    rig.make(where, 1).close()
    rig.edit(rig.file(where), '"status": "pending",', '"status": "pending", "parked": "rain",')
    with pytest.raises(InvalidQueueValues, match='"Artist 000": it is parked without a time'):
        Queue.open(where, rig.MUSIC)
