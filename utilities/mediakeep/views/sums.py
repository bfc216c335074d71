"""What the items of a queue add up to, kept while they change: nobody counts a million twice."""

from __future__ import annotations

from collections import Counter

from mediakeep.item import Item, Status, awaits_lookup
from mediakeep.queue import actions
from mediakeep.queue.state import State


class Sums:
    """Sums over all items of a state; as its `watch`, `change` keeps them true."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._issues: Counter[str] = Counter()  # open, by kind; of vanished items none count
        self._retries: Counter[str] = Counter()  # times at which failed items are tried again
        self.failed: dict[str, Item] = {}
        self.notes = self.reviews = self.fixed = self.outdated = 0
        self.awaiting = 0  # look-ups to be made
        self._lookups: Counter[str] = Counter()  # of completed items, by what became of them
        self._tallies: Counter[str] = Counter()  # what completed items count besides
        known = state.kind.tallies
        self._counted = [(one.name, one.field or one.name, one.value) for one in known]
        for key, item in state.items.items():
            self.change(key, None, item)

    def change(self, key: str, old: Item | None, new: Item | None) -> None:
        """Count an item as it is now (None: not at all), and no longer as it was."""
        if old:
            self._count(old, -1)
            self.failed.pop(key, None)
        if new is None:
            return
        self._count(new, 1)
        if new.status is Status.ERROR:
            self.failed[key] = new

    def _count(self, item: Item, by: int) -> None:
        self.fixed += by * item.auto_fixed
        self.outdated += by * actions.outdated(self._state, item)
        self.awaiting += by * awaits_lookup(item)
        if item.status is Status.COMPLETED:
            self._lookups[item.lookup] += by
            for name, field, value in self._counted:
                if found := getattr(item, field):
                    self._tallies[name] += by * (found == value if value else found)
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
        """How many items could be more than one, which a person decides."""
        return self._lookups["unsure"]

    @property
    def unknown(self) -> int:
        """How many items the service does not know."""
        return self._lookups["unknown"]

    @property
    def looked_up(self) -> int:
        """How many look-ups were made, whatever they came to."""
        return self._lookups["done"] + self.unsure + self.unknown

    @property
    def tallies(self) -> dict[str, int]:
        """The sums of what items count besides, those that are not 0."""
        return {name: self._tallies[name] for name, *_ in self._counted if self._tallies[name]}

    @property
    def issues(self) -> dict[str, int]:
        """Open issues by kind, most first."""
        found = [(kind, count) for kind, count in self._issues.items() if count]
        return dict(sorted(found, key=lambda entry: (-entry[1], entry[0])))

    @property
    def waiting(self) -> int:
        """How many failed items will be tried again by themselves."""
        return self._retries.total()

    @property
    def next_retry(self) -> str:
        """When the next of them will be, "" where none is."""
        return min(self._retries, default="")
