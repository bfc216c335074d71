"""Lookups of a batch that a service failed, and their second attempt.

After a failed lookup no more items are claimed for their lookup only, until a lookup that started
later succeeds. Then each item that a service failed is claimed once more.
"""

from __future__ import annotations

import time

from mediakeep.item import needs_lookup
from mediakeep.outcome import Outcome
from mediakeep.queue.queue import Queue
from mediakeep.runner.active_items import ActiveItems
from mediakeep.runner.batch_config import BatchResult
from mediakeep.runner.scheduling import ItemClaimer, TaskQueue


class LookupRetries:
    """Decides when a batch makes lookups, and which of them it repeats."""

    def __init__(
        self,
        queue: Queue,
        claimer: ItemClaimer,
        items: ActiveItems,
        task_queue: TaskQueue,
        result: BatchResult,
    ) -> None:
        self._queue, self._claimer = queue, claimer
        self._items, self._task_queue, self._result = items, task_queue, result
        # Items settled without their lookup because a service failed; and those claimed again.
        self._failed: dict[str, Outcome] = {}
        self._retried: dict[str, Outcome] = {}
        # The monotonic time of the last failed lookup, 0 if a later one succeeded.
        self._failed_at = 0.0

    def note_claim(self, key: str) -> None:
        """Note that an item was claimed, perhaps again after its lookup failed."""
        if key in self._failed:
            self._retried[key] = self._failed.pop(key)

    def get_replaced_outcome(self, key: str) -> Outcome | None:
        """Return the outcome that the next settle of an item replaces, or None if there is none."""
        return self._retried.get(key)

    def note_settle(self, key: str, outcome: Outcome, since: float) -> None:
        """Stop all lookups after a failed lookup, and resume them after a later one succeeded.

        A second failure with requests to the service concerns only that item. `since` is the
        monotonic time at which the item was started.
        """
        is_first = self._retried.pop(key, None) is None
        has_requests = bool(outcome.facts.get("requests"))
        if needs_lookup(self._queue.state.items[key]):
            if is_first and "unreached" in outcome.facts:
                self._failed[key] = self._result.extract_countable_outcome(outcome)
            if is_first or not has_requests:
                self._failed_at = time.monotonic()
                self._stop_lookups()
        elif self._failed_at and has_requests and since > self._failed_at:
            self._failed_at = 0.0
            self._claimer.resume_lookups(self._failed)

    def _stop_lookups(self) -> None:
        """Release the items that were claimed for their lookup only and have not been started."""
        waiting = self._task_queue.waiting_keys()
        unmade = [
            key
            for key, running in self._items.items()
            if running.item.for_lookup and key in waiting and not running.since
        ]
        suspects = {key for key in unmade if self._items[key].item.suspect}
        self._queue.release([self._items[key].claim for key in unmade], suspects)
        retried = [key for key in unmade if key in self._retried]
        for key in retried:
            self._failed[key] = self._retried.pop(key)
        for key in unmade:
            del self._items[key]
            self._task_queue.remove_item(key)
        self._claimer.stop_lookups(len(unmade) - len(retried))
        self._result.claimed = self._claimer.claimed
