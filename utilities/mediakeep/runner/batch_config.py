"""The configuration, the callbacks and the result of a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from mediakeep.errors import MediakeepError
from mediakeep.item import Status
from mediakeep.kinds import ItemCounter
from mediakeep.outcome import Outcome


class ExecutionLimits(msgspec.Struct, frozen=True):
    """The number of workers, and the timeout of a task in seconds (0: none).

    Work that may crash its process, such as native decoders, has `inline` off. If the user is
    prompted meanwhile, all tasks run in this process, which has the terminal.
    """

    workers: int = 1
    item_timeout: float = 0.0
    inline: bool = True
    interactive: bool = False


class RetryPolicy(msgspec.Struct, frozen=True):
    """The number of attempts, and the seconds before the second one; they double each time."""

    max_attempts: int = 3
    delay: float = 600.0


class BatchConfig(msgspec.Struct, frozen=True):
    """What a batch should process, and its limits."""

    size: int | None = 10  # None: all
    key: str = ""  # only this item, in any state
    limits: ExecutionLimits = ExecutionLimits()
    retry: RetryPolicy = RetryPolicy()
    time_budget: float = 0.0  # seconds; 0: unlimited
    lookups: bool = False  # make lookups, and so claim items that lack only theirs
    checkpoint_every: int = 50
    keep_checkpoints: int = 0  # 0: all
    settings: dict[str, Any] = {}  # for the session log


class SettledItem(msgspec.Struct, frozen=True):
    """A settled item, as passed to the callbacks."""

    number: int
    key: str
    outcome: Outcome
    seconds: float


class BatchCallbacks(msgspec.Struct, frozen=True):
    """Callbacks of a batch: after the first claim, for settled items, progress and milestones.

    The first one gets the expected number of items. That for progress gets the key of the item, how
    much is done of how much, and the service it waits for, or "". A milestone is a checkpoint or
    the end of the batch.
    """

    on_start: Callable[[int], None] = lambda _: None
    on_item: Callable[[SettledItem], None] = lambda _: None
    on_progress: Callable[[str, int, int, str], None] = lambda *_: None
    on_milestone: Callable[[], None] = lambda: None


class BatchResult(msgspec.Struct):
    """The result of a batch: numbers of items, and seconds."""

    session: str = ""
    counters: tuple[ItemCounter, ...] = ()  # additional counters of the kind
    claimed: int = 0
    settled: dict[Status, int] = msgspec.field(default_factory=lambda: dict.fromkeys(Status, 0))
    auto_fixed: int = 0
    manual_reviews: int = 0  # of the items of this batch
    listed_reviews: int | None = None  # entries in the review list of all queues at the end
    seconds: float = 0.0
    stopped: bool = False
    requests: int = 0  # to services
    cache_hits: int = 0  # responses from the cache
    waited_seconds: float = 0.0  # seconds of waits for services
    counts: Counter[str] = msgspec.field(default_factory=Counter)  # values of the counters
    service_failures: int = 0  # settled items for which a service failed
    pending_lookups: int = 0  # items of the queue that lack only their lookup
    lookup_note: str = ""  # why lookups were not made, and the fix
    abort_error: MediakeepError | None = None
    warnings: list[str] = []
    notes: list[str] = []  # other messages for the user at the end

    @property
    def done_count(self) -> int:
        """The number of settled items, including failed ones."""
        return sum(self.settled.values())

    def add_outcome(self, outcome: Outcome) -> None:
        """Add one settled item."""
        self.settled[outcome.state] += 1
        self.manual_reviews += outcome.data.get("manual_reviews") or 0
        facts = outcome.facts
        self.auto_fixed += facts.get("auto_fixed", 0)  # the item also counts earlier ones
        self.requests += facts.get("requests", 0)
        self.cache_hits += facts.get("hits", 0)
        self.waited_seconds += facts.get("waited", 0.0)
        self.counts.update({counter.name: facts.get(counter.name, 0) for counter in self.counters})
        self.service_failures += "unreached" in facts
        self.lookup_note = self.lookup_note or facts.get("unreached") or facts.get("unasked") or ""

    def countable_part(self, outcome: Outcome) -> Outcome:
        """Return the counted part of an outcome, needed if the item is settled again."""
        names = {"unreached", *(counter.name for counter in self.counters)}
        facts = {name: fact for name, fact in outcome.facts.items() if name in names}
        reviews = {"manual_reviews": outcome.data.get("manual_reviews")}
        return Outcome(outcome.state, data=reviews, facts=facts)

    def subtract_outcome(self, outcome: Outcome) -> None:
        """Subtract an item that is settled again in the same batch, after its lookup.

        Repairs, requests and waits stay counted.
        """
        self.settled[outcome.state] -= 1
        self.manual_reviews -= outcome.data.get("manual_reviews") or 0
        facts = outcome.facts
        self.counts.subtract(
            {counter.name: facts.get(counter.name, 0) for counter in self.counters if counter.group}
        )
        self.service_failures -= "unreached" in facts
        if not self.service_failures:
            self.lookup_note = ""
