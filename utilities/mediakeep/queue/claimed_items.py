"""The changes of a queue that concern the items which a session has claimed.

Each is one commit, and has no effect if the claim is no longer valid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mediakeep import clock
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome
from mediakeep.queue import claims, part_records, settle, stage_changes
from mediakeep.queue.claims import Claim
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.stage_changes import StageEnding
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import ChangeDecider, QueueChange, QueueStore

_ItemChange = Callable[[Item, QueueState], QueueChange]


class ClaimedItems:
    """The claimed items of a queue: their stages, parts, waits, results and releases."""

    def __init__(self, store: QueueStore) -> None:
        self._store = store

    @property
    def state(self) -> QueueState:
        """The items of the queue, as last read by this process."""
        return self._store.state

    @property
    def location(self) -> QueueLocation:
        """The folder, clock and machine id of the queue."""
        return self._store.place

    @property
    def kind(self) -> Kind:
        """The kind of the queue's items."""
        return self._store.kind

    def commit(self, decide: ChangeDecider) -> JournalRecord | None:
        """Call `decide` with the newest state of the queue, and commit the change that it returns.

        Return the record of the change, or None if `decide` returned None.
        """
        return self._store.commit(decide)

    def _commit_for_claim(self, claim: Claim, build: _ItemChange) -> bool:
        """Commit a change of a claimed item; return False if the claim is no longer valid."""

        def decide(state: QueueState) -> QueueChange | None:
            item = self._get_claimed_item(state, claim)
            return build(item, state) if item else None

        return self.commit(decide) is not None

    def _get_claimed_item(self, state: QueueState, claim: Claim) -> Item | None:
        item = state.items.get(claim.key)
        mine = item and item.status is Status.IN_PROGRESS and item.claim == claim.seq
        return item if mine else None

    def _end_stage(self, outcome: Outcome, seconds: float) -> StageEnding:
        return StageEnding(outcome, seconds, clock.format_iso(self.location.now()))

    def find_lost_claims(self, claimed: Iterable[Claim]) -> list[Claim]:
        """Return the claims that other processes have ended, by a reset or a cancellation."""
        with self._store.hold_lock():
            self._store.read_new_changes()
        return [claim for claim in claimed if not self._get_claimed_item(self.state, claim)]

    def settle(self, claim: Claim, ending: SettleRequest) -> bool:
        """Record the result of a claimed item; return False if the claim is no longer valid."""

        def build(item: Item, state: QueueState) -> QueueChange:
            now = clock.format_iso(self.location.now())
            changes = settle.build_settle_patch(self.kind, item, ending, state.seq + 1, now)
            facts = settle.build_history_facts(ending)
            facts |= settle.build_stage_facts(self.kind, item, ending)
            return QueueChange("settle", {claim.key: changes}, facts)

        return self._commit_for_claim(claim, build)

    def advance_stage(self, claim: Claim, outcome: Outcome, seconds: float) -> bool:
        """Record the end of a stage that took `seconds`, and continue with `outcome.next_stage`.

        Return False if the claim is no longer valid. Raise InvalidItemData if that stage may not
        follow.
        """
        ending = self._end_stage(outcome, seconds)
        return self._commit_for_claim(
            claim,
            lambda item, _: stage_changes.build_advance_change(self.kind, claim.key, item, ending),
        )

    def record_part(self, claim: Claim, name: str, result: Any) -> bool:
        """Record the result of a part, or one more failure of it if `result` is a PartFailed.

        Return False if the claim is no longer valid.
        """

        def build(item: Item, _: QueueState) -> QueueChange:
            patch = stage_changes.build_part_patch(item, name, result)
            return QueueChange(part_records.OP, {claim.key: patch})

        return self._commit_for_claim(claim, build)

    def park(self, claim: Claim, outcome: Outcome, seconds: float) -> bool:
        """Let an item wait for `outcome.retry_after` seconds; no attempt is counted.

        The reason is `outcome.message`, and the stage took `seconds`. Return False if the claim is
        no longer valid. Raise InvalidItemData if the outcome lacks the time or the reason.
        """
        ending = self._end_stage(outcome, seconds)
        return self._commit_for_claim(
            claim,
            lambda item, _: stage_changes.build_park_change(self.kind, claim.key, item, ending),
        )

    def begin_cleanup(self, claim: Claim, outcome: Outcome, seconds: float) -> bool:
        """Record that the last attempt of the current stage failed, and that its cleanup is due.

        The outcome is the failure. The attempt is counted. If the session dies before the item is
        settled, `cleanup_stage` stays set, and the next claim continues with the cleanup. Return
        False if the claim is no longer valid.
        """
        ending = self._end_stage(outcome, seconds)
        return self._commit_for_claim(
            claim,
            lambda item, _: stage_changes.build_cleanup_change(self.kind, claim.key, item, ending),
        )

    def release(self, claimed: Iterable[Claim], suspects: Iterable[str] = ()) -> None:
        """Release unfinished items in one commit, so that they can be claimed again.

        Items with a key in `suspects` run alone next time.
        """
        released, suspect_keys = list(claimed), set(suspects)

        def decide(state: QueueState) -> QueueChange | None:
            items = {
                claim.key: claims.build_release_patch(item, suspect=claim.key in suspect_keys)
                for claim in released
                if (item := self._get_claimed_item(state, claim))
            }
            return QueueChange("release", items) if items else None

        self.commit(decide)
