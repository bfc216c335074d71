"""Lookups that were not made: taken last, given back completed, and never lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mediakeep.errors import InvalidItemData
from mediakeep.item import Status
from mediakeep.outcome import Outcome
from mediakeep.queue import actions, scan_diff
from mediakeep.queue.claims import PendingQueue
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.store import QueueChange
from tests.queue import rig

P, I, C, E, S = Status  # noqa: E741 - a table is read by its letters
STILL_PENDING = SettleRequest(Outcome(data={"lookup": "pending"}))
VANISHED = SettleRequest(Outcome(Status.SKIPPED, data={"skip_reason": "vanished"}))


def test_what_lacks_only_its_lookup_is_taken_last_and_only_where_lookups_are_made() -> None:
    state = rig.state(
        {
            "b": rig.item(C, lookup="pending"),
            "a": rig.item(C, lookup="pending"),
            "urgent": rig.item(C, lookup="pending", priority=3),
            "outdated": rig.item(outdated=True),
            "done": rig.item(C, lookup="done"),
            "unsure": rig.item(C, lookup="unsure"),
            "unknown": rig.item(C, lookup="unknown"),
            "failed": rig.item(E, lookup="pending"),
            "gone": rig.item(S, lookup="pending"),
        }
    )
    line = PendingQueue(state)
    assert line.peek_keys(9) == ["outdated"]
    assert line.peek_keys(9, lookups=True) == ["outdated", "urgent", "a", "b"]
    assert line.take_keys(2, lookups=True) + line.take_keys(9, lookups=True) == [
        "outdated",
        "urgent",
        "a",
        "b",
    ]
    assert line.take_keys(1, lookups=True) == []


def test_what_still_waits_after_its_try_goes_behind_what_was_not_tried(tmp_path: Path) -> None:
    with rig.make(rig.at(tmp_path), 3) as queue:
        queue.begin_session()
        completed(queue, 3)
        tried = []
        for _ in range(4):
            (claim,) = queue.claim(1, lookups=True)
            tried.append(claim.key)
            assert queue.settle(claim, STILL_PENDING)
        assert tried == ["Artist 000", "Artist 001", "Artist 002", "Artist 000"]


def completed(queue: Queue, count: int, **data: Any) -> list[str]:
    """Have so many items completed, all but their lookup."""
    return rig.settle(queue, count, SettleRequest(Outcome(data={"lookup": "pending", **data})))


def test_what_was_taken_for_its_lookup_is_given_back_completed_and_uncounted(
    tmp_path: Path,
) -> None:
    with rig.make(rig.at(tmp_path), 1) as queue:
        queue.begin_session()
        (key,) = completed(queue, 1)
        before = queue.state.items[key]
        (claim,) = queue.claim(1, lookups=True)
        assert (claim.item.status, claim.item.for_lookup) == (I, True)
        assert queue.state.build_summary()["in_progress"] == 1
        queue.release([claim], suspects=[key])
        fields = ("started_date", "first_claim")
        given_back = structs.replace(
            before, suspect=True, **{name: getattr(claim.item, name) for name in fields}
        )
        assert queue.state.items[key] == given_back
        assert rig.stale(claim, queue)


def test_a_dead_owner_leaves_what_it_took_for_its_lookup_completed(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    queue = rig.make(where, 3)
    session = queue.begin_session()
    keys = completed(queue, 2)
    taken = queue.claim(3, lookups=True)
    assert [claim.item.for_lookup for claim in taken] == [False, True, True]
    session.begin_item(keys[1])
    rig.abandon(queue)
    with Queue.open(where, queue.kind) as after:
        items = after.state.items
        assert {key: (item.status, item.suspect) for key, item in items.items()} == {
            keys[0]: (C, False),
            keys[1]: (C, True),
            taken[0].key: (P, False),
        }
        assert [items[key].attempts for key in keys] == [1, 1]
        assert after.state.claimed_keys == {}


def test_a_try_for_the_lookup_counts_only_where_it_fails_and_then_as_the_first(
    tmp_path: Path,
) -> None:
    with rig.make(rig.at(tmp_path), 1) as queue:
        queue.begin_session()
        rig.settle(queue, 1, rig.FAILED)
        queue.commit(actions.prioritize_item("Artist 000"))
        completed(queue, 1)
        for ending, attempts in ((STILL_PENDING, 2), (rig.FAILED, 1)):
            (claim,) = queue.claim(1, lookups=True)
            assert queue.settle(claim, ending)
            assert queue.state.items[claim.key].attempts == attempts
        assert not queue.state.items["Artist 000"].for_lookup


def test_a_lookup_attempt_reports_the_whole_item(tmp_path: Path) -> None:
    def told(fixed: int, repaired: int) -> SettleRequest:
        counts = {"issues_found": 3 + fixed, "issues_resolved": fixed, "auto_fixed": fixed}
        return SettleRequest(Outcome(data={**counts, "repaired": repaired, "lookup": "pending"}))

    with rig.make(rig.at(tmp_path), 1) as queue:
        queue.begin_session()
        rig.settle(queue, 1, told(5, 7))
        for fixed, repaired in ((5, 7), (7, 7), (0, 0)):
            (claim,) = queue.claim(1, lookups=True)
            assert queue.settle(claim, told(fixed, repaired))
            item = queue.state.items[claim.key]
            assert (item.auto_fixed, item.issues_resolved) == (fixed, fixed)
            assert (item.issues_found, item.repaired) == (3 + fixed, repaired)


def test_an_incomplete_lookup_attempt_changes_no_count(
    tmp_path: Path,
) -> None:
    with rig.make(rig.at(tmp_path), 1) as queue:
        queue.begin_session()
        completed(queue, 1, issues_found=3, issues_resolved=2, auto_fixed=2, repaired=7)
        (claim,) = queue.claim(1, lookups=True)
        assert queue.settle(claim, STILL_PENDING)
        item = queue.state.items[claim.key]
        assert (item.issues_found, item.issues_resolved, item.repaired) == (3, 2, 7)
        (claim,) = queue.claim(1, lookups=True)
        with pytest.raises(InvalidItemData, match="auto_fixed"):
            queue.settle(claim, SettleRequest(Outcome(data={"auto_fixed": "many"})))


def test_the_user_who_takes_an_item_leaves_its_lookup_as_it_is(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 2) as queue:
        queue.begin_session()
        (key,) = completed(queue, 1)
        (claim,) = queue.claim_by_key(key, by_hand=True)
        assert (claim.item.lookup, claim.item.for_lookup) == ("pending", False)
        queue.release([claim])
        assert queue.state.items[key].status is P  # its files may have been changed
        (claim,) = queue.claim_by_key(key, by_hand=True)
        assert queue.settle(claim, rig.DONE)
        assert queue.state.items[key].lookup == "pending"
        (claim,) = queue.claim_by_key(key)  # by a batch, which looks it up again
        assert (claim.item.lookup, claim.item.for_lookup) == ("", False)


def test_what_vanished_before_its_lookup_still_lacks_it_when_it_is_back(tmp_path: Path) -> None:
    with rig.make(rig.at(tmp_path), 1) as queue:
        queue.begin_session()
        (key,) = completed(queue, 1)
        (claim,) = queue.claim(1, lookups=True)
        assert queue.settle(claim, VANISHED)
        assert queue.state.items[key].status is S
        items = rig.found([key])
        queue.commit(
            lambda state: QueueChange(
                "scan", scan_diff.compare_with_scan(state, items).build_patches()
            )
        )
        item = queue.state.items[key]
        assert (item.status, item.lookup, item.for_lookup) == (C, "pending", False)


def test_a_reset_and_a_changed_folder_leave_nothing_of_a_lookup(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 2) as queue:
        queue.begin_session()
        keys = completed(queue, 2)
        (claim,) = queue.claim(1, lookups=True)
        queue.commit(actions.reset_items(where, actions.select_by_name([claim.key]), force=True))
        assert rig.stale(claim, queue)
        items = rig.found(keys, "changed")
        queue.commit(
            lambda state: QueueChange(
                "scan", scan_diff.compare_with_scan(state, items).build_patches()
            )
        )
        for key in keys:
            item = queue.state.items[key]
            assert (item.status, item.lookup, item.for_lookup) == (P, "", False)
        queue.commit(actions.mark_completed(keys[0], "2025-12-17T10:00:00+00:00"))
        assert rig.peek_keys(queue, 9, lookups=True) == keys[1:]


def test_a_restore_gives_back_what_was_taken_for_its_lookup(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    queue = rig.make(where, 2)
    queue.begin_session()
    completed(queue, 1)
    queue.claim(2, lookups=True)
    checkpoint = queue.write_checkpoint()
    rig.cp(checkpoint, rig.file(where))
    with Queue.open(where, queue.kind) as after:
        statuses = {key: item.status for key, item in after.state.items.items()}
        assert statuses == {"Artist 000": C, "Artist 001": P}
        assert after.state.items["Artist 000"].lookup == "pending"
        assert after.state.claimed_keys == {}
    queue.close()


def test_a_replay_brings_back_what_was_being_looked_up_as_completed(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    queue = rig.make(where, 2)
    queue.begin_session()
    checkpoint = queue.write_checkpoint()
    (key,) = completed(queue, 1)
    queue.claim(2, lookups=True)
    rig.cp(checkpoint, rig.file(where))
    rig.abandon(queue)
    with Queue.open(where, queue.kind) as after:
        assert after.state.items[key].status is P
        (aside,) = rig.asides(where)
        assert list(after.replay_undone_items(aside.name).back) == [key]
        item = after.state.items[key]
        assert (item.status, item.lookup, item.for_lookup, item.claim) == (C, "pending", False, 0)
