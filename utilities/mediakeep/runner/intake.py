"""Taking items from the queue: as many as the batch is to do, a window at a time."""

from __future__ import annotations

from mediakeep.item import Status, awaits_lookup
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.runner.plan import Plan

WINDOW = 50  # items claimed at once where more are asked for


class Intake:
    """What a batch has taken, and what it may still take."""

    def __init__(self, queue: Queue, plan: Plan) -> None:
        self._queue, self._plan = queue, plan
        self._lookups = plan.lookups
        self.claimed = 0

    def end_lookups(self, unmade: int) -> None:
        """Take nothing more for its look-up alone; so many that were taken so are given back."""
        self._lookups = False
        self.claimed -= unmade

    def take(self) -> list[Claim]:
        """Claim the next window; [] when the batch has had its share, or nothing is left."""
        claims = self._claim()
        self.claimed += len(claims)
        return claims

    def _claim(self) -> list[Claim]:
        if self._plan.key:
            return [] if self.claimed else self._queue.claim_named(self._plan.key)
        if self._plan.size is None:
            return self._queue.claim(WINDOW, lookups=self._lookups)
        left = self._plan.size - self.claimed
        return self._queue.claim(min(left, WINDOW), lookups=self._lookups) if left else []

    def expected(self, session: str) -> int:
        """Return how many items this batch will take, as far as its first claim can tell."""
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
