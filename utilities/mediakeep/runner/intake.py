"""Claim items from the queue: as many as the batch should process, a window at a time."""

from __future__ import annotations

from collections.abc import Iterable

from mediakeep.item import Status, awaits_lookup
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.runner.plan import Plan

WINDOW = 50  # maximum number of items claimed at once


class Intake:
    """Claims the items of a batch and counts them."""

    def __init__(self, queue: Queue, config: Plan) -> None:
        self._queue, self._plan = queue, config
        self._lookups = config.lookups
        self._again: list[str] = []
        self._begun = queue.state.seq  # this batch itself made the lookups of items settled later
        self.claimed = 0

    def end_lookups(self, unmade: int) -> None:
        """Claim no more items for their lookup only; `unmade` of those claimed are released."""
        self._lookups, self._again = False, []
        self.claimed -= unmade

    def resume_lookups(self, again: Iterable[str]) -> None:
        """Claim items for their lookup again, first those in `again`, claimed before."""
        self._lookups, self._again = self._plan.lookups, list(again)

    def take(self) -> list[Claim]:
        """Claim the next window; return [] if the batch is complete or nothing is left."""
        while self._again:
            keys, self._again = self._again[:WINDOW], self._again[WINDOW:]
            if claims := self._queue.claim_for_lookup(*keys):
                return claims
        claims = self._claim()
        self.claimed += len(claims)
        return claims

    def _claim(self) -> list[Claim]:
        if self._plan.key:
            return [] if self.claimed else self._queue.claim_named(self._plan.key)
        if self._plan.size is None:
            return self._next(WINDOW)
        left = self._plan.size - self.claimed
        return self._next(min(left, WINDOW)) if left else []

    def _next(self, count: int) -> list[Claim]:
        return self._queue.claim(count, lookups=self._lookups, settled_by=self._begun)

    def expected(self, session: str) -> int:
        """Return the number of items that this batch will claim, as known after its first claim."""
        if self._plan.key:
            return 1
        state = self._queue.state
        left = state.counts[Status.PENDING] + len(state.held.get(session, ()))
        if self._lookups:
            left += sum(
                item.status is Status.COMPLETED and awaits_lookup(item)
                for item in state.items.values()
            )
        return left if self._plan.size is None else min(self._plan.size, left)
