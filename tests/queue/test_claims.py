"""Claims: who is next, what a claim proves, and that nobody is taken twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import ItemInUse, RecordNotWritten
from mediakeep.item import Item, Status
from mediakeep.outcome import Outcome
from mediakeep.queue import actions, claims
from mediakeep.queue.claims import PendingQueue
from mediakeep.queue.journal import Journal
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from tests.queue import rig
from tests.sampling import each_row

P, I, C, E, S = Status  # noqa: E741 - a table is read by its letters

TURNS = [
    (rig.item(P), claims.FRESH),
    (rig.item(P, attempts=2, error_message="x"), claims.DUE),
    (rig.item(P, outdated=True), claims.OUTDATED),
    (rig.item(P, outdated=True, error_message="x"), claims.OUTDATED),
    (rig.item(I), None),
    (rig.item(C), None),
    (rig.item(C, lookup="pending"), None),
    (rig.item(E, not_before="2020-01-01"), None),
    (rig.item(S), None),
]


@each_row(("item", "turn"), TURNS)
def test_only_pending_items_have_a_turn(item: Item, turn: int | None) -> None:
    assert claims.get_claim_rank(item) == turn


def test_by_priority_new_items_come_first_then_retries_then_outdated_each_by_name() -> None:
    state = rig.state(
        {
            "outdated": rig.item(outdated=True),
            "retry": rig.item(error_message="x"),
            "urgent retry": rig.item(error_message="x", priority=2),
            "b": rig.item(),
            "a": rig.item(),
            "urgent": rig.item(priority=1),
            "done": rig.item(C, priority=9),
        }
    )
    order = ["urgent retry", "urgent", "a", "b", "retry", "outdated"]
    line = PendingQueue(state)
    assert line.peek_keys(3) == order[:3]
    assert line.take_keys(2) + line.take_keys(9) == order
    assert line.take_keys(1) == []


def test_a_failed_item_is_retried_after_its_delay_and_reported_once() -> None:
    late = {"x": rig.item(E, not_before="2025-12-17T11:00:00+00:00"), "y": rig.item(E)}
    line = PendingQueue(rig.state(late))
    assert line.take_due_retries("2025-12-17T10:59:59+00:00") == []
    assert line.take_due_retries("2025-12-17T11:00:00+00:00") == ["x"]
    assert line.take_due_retries("2025-12-17T12:00:00+00:00") == []


def test_a_claim_hands_out_items_once_until_they_are_given_back(tmp_path: Path) -> None:
    with rig.make(rig.at(tmp_path), 5) as queue:
        queue.begin_session()
        first, second = queue.claim(3), queue.claim(9)
        assert [claim.key for claim in (*first, *second)] == rig.names(5)
        assert queue.claim(1) == []
        queue.release(first, suspects=[first[1].key])
        assert rig.peek_keys(queue, 9) == rig.names(3)
        suspects = [claim.key for claim in queue.claim(9) if claim.item.suspect]
        assert suspects == [first[1].key]


def test_a_peek_changes_nothing(tmp_path: Path) -> None:
    with rig.make(rig.at(tmp_path), 3) as queue:
        seq = queue.state.seq
        assert rig.peek_keys(queue, 2) == rig.peek_keys(queue, 2) == rig.names(2)
        assert queue.state.seq == seq


def test_a_retry_waits_for_its_time_and_its_turn(tmp_path: Path) -> None:
    clock = rig.Clock()
    with rig.make(rig.at(tmp_path, clock), 3) as queue:
        queue.begin_session()
        (claim,) = queue.claim(1)
        failed = Outcome(Status.ERROR, "The share was away.")
        assert queue.settle(claim, SettleRequest(failed, 1.0, "2025-12-17T10:30:00+00:00"))
        assert queue.state.items[claim.key].attempts == 1
        assert [next_.key for next_ in queue.claim(1)] == ["Artist 001"]
        clock.forward(minutes=30)
        assert [next_.key for next_ in queue.claim(9)] == ["Artist 002", "Artist 000"]


def test_the_last_failure_stays_until_somebody_resets_it(tmp_path: Path) -> None:
    clock = rig.Clock()
    with rig.make(rig.at(tmp_path, clock), 1) as queue:
        queue.begin_session()
        rig.settle(queue, 1, rig.FAILED)
        clock.forward(days=400)
        assert queue.claim(1) == []
        queue.commit(actions.reset_items(queue.location, actions.select_by_status(E)))
        assert [claim.item.attempts for claim in queue.claim(1)] == [0]


def test_a_settle_needs_the_newest_claim(tmp_path: Path) -> None:
    with rig.make(rig.at(tmp_path), 2) as queue:
        queue.begin_session()
        (old,) = queue.claim(1)
        queue.commit(
            actions.reset_items(queue.location, actions.select_by_name([old.key]), force=True)
        )
        assert rig.stale(old, queue)
        (new,) = queue.claim_by_key(old.key)
        assert rig.stale(old, queue)
        assert not queue.record_part(old, "1", "late")
        queue.release([old])
        assert queue.state.items[old.key].status is I
        assert queue.settle(new, rig.DONE)
        assert rig.stale(new, queue)


def test_a_named_item_is_claimed_in_any_state_but_not_from_a_live_owner(
    tmp_path: Path,
) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 3) as queue, Queue.open(where, queue.kind) as other:
        queue.begin_session()
        other.begin_session()
        (done,) = rig.settle(queue)
        assert [claim.key for claim in other.claim_by_key(done)] == [done]
        with pytest.raises(ItemInUse, match=f"{done} is being processed by session"):
            queue.claim_by_key(done)
        # This process last saw the item pending; the other one has taken it since.
        assert queue.state.items["Artist 001"].status is P
        (theirs,) = other.claim_by_key("Artist 001")
        with pytest.raises(ItemInUse):
            queue.claim_by_key("Artist 001")
        assert other.settle(theirs, rig.DONE)


def test_what_could_not_be_claimed_for_lack_of_space_is_still_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rig.make(rig.at(tmp_path), 3) as queue:
        queue.begin_session()

        def full(*_: object) -> None:
            raise RecordNotWritten("journal", "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(Journal, "append", full)
            with pytest.raises(RecordNotWritten):
                queue.claim(2)
        assert [claim.key for claim in queue.claim(9)] == rig.names(3)
