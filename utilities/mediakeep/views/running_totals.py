"""Counts over all items of a queue, updated item by item, since counting a million is slow."""

from __future__ import annotations

from collections import Counter

from mediakeep.counts import rank_counts
from mediakeep.item import Item, Status, needs_lookup
from mediakeep.queue import actions
from mediakeep.queue.state import QueueState


class RunningTotals:
    """Counts over all items of a queue; the queue calls `update` for every change."""

    def __init__(self, state: QueueState) -> None:
        self._state = state
        # open issues by kind, without those of vanished items
        self._issues: Counter[str] = Counter()
        self._retries: Counter[str] = Counter()  # retry times of failed items
        self.failed_items: dict[str, Item] = {}
        self.parked_items: dict[str, Item] = {}
        self.cleanup_due = 0  # items whose cleanup has not run yet
        self.notes = self.reviews = self.fixed = self.outdated = 0
        self.pending_lookups = 0  # pending lookups
        self._lookups: Counter[str] = Counter()  # completed lookups by result
        self._tallies: Counter[str] = Counter()  # other sums over completed items
        tallies = state.kind.counters
        self._tally_fields = [
            (tally.name, tally.field or tally.name, tally.value) for tally in tallies
        ]
        for key, item in state.items.items():
            self.update(key, None, item)

    def update(self, key: str, old: Item | None, new: Item | None) -> None:
        """Replace the item `old` by `new` in the counts; None means that there is no item."""
        if old:
            self._add(old, -1)
            self.failed_items.pop(key, None)
            self.parked_items.pop(key, None)
        if new is None:
            return
        self._add(new, 1)
        if new.status is Status.ERROR:
            self.failed_items[key] = new
        if new.parked and new.not_before and new.status is Status.PENDING:
            self.parked_items[key] = new

    def _add(self, item: Item, by: int) -> None:
        self.fixed += by * item.auto_fixed
        self.outdated += by * actions.is_outdated(self._state, item)
        self.pending_lookups += by * needs_lookup(item)
        self.cleanup_due += by * bool(item.cleanup_stage)
        if item.status is Status.COMPLETED:
            self._lookups[item.lookup] += by
            for name, field, value in self._tally_fields:
                if number := getattr(item, field):
                    self._tallies[name] += by * (number == value if value else number)
        if item.status is not Status.SKIPPED:
            self.notes += by * item.notes
            self.reviews += by * item.manual_reviews
            for kind, count in item.issues.items():
                self._issues[kind] += by * count
        if item.status is Status.ERROR and item.not_before:
            self._retries[item.not_before] += by
            if not self._retries[item.not_before]:
                del self._retries[item.not_before]

    @property
    def unsure(self) -> int:
        """The number of items with several possible matches, for the user to decide."""
        return self._lookups["unsure"]

    @property
    def unknown(self) -> int:
        """The number of items that the online service does not know."""
        return self._lookups["unknown"]

    @property
    def looked_up(self) -> int:
        """The number of items whose lookup is completed, whatever its result."""
        return self._lookups["done"] + self.unsure + self.unknown

    @property
    def tallies(self) -> dict[str, int]:
        """Further sums over completed items that are not zero, by name."""
        return {name: self._tallies[name] for name, *_ in self._tally_fields if self._tallies[name]}

    @property
    def issues(self) -> dict[str, int]:
        """Open issues by kind, most frequent first."""
        return rank_counts({kind: count for kind, count in self._issues.items() if count})

    @property
    def waiting(self) -> int:
        """The number of failed items that will be retried automatically."""
        return self._retries.total()

    @property
    def next_retry(self) -> str:
        """The time of the next automatic retry, or "" if there is none."""
        return min(self._retries, default="")
