"""The configuration, the callbacks and the result of a batch."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mediakeep.errors import MediakeepError
from mediakeep.item import Status
from mediakeep.kinds import ItemCounter
from mediakeep.outcome import Outcome
from mediakeep.stages import Retry
from mediakeep.time_windows import TimeWindows


def count_cpus() -> int:
    """Return the number of CPU cores available to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class ExecutionLimits(msgspec.Struct, frozen=True):
    """The number of worker processes, and the time limits of a task in seconds (0: none).

    `item_timeout` limits the whole task, `stall` the time without progress that moves. `memory`
    limits the data of a worker process, in bytes (0: none), and needs `inline` off.
    With `inline` off, work never runs in this process; this is for work that may crash it, such as
    native decoders. With `interactive`, the user is prompted, so all tasks run in this process,
    which has the terminal.
    """

    workers: int = 1
    item_timeout: float = 0.0
    stall: float = 0.0
    inline: bool = True
    interactive: bool = False
    memory: int = 0


class RetryPolicy(msgspec.Struct, frozen=True):
    """How often a failed item is tried again, and the seconds before the second attempt.

    The delay doubles with each further attempt.
    """

    max_attempts: int = 3
    delay: float = 600.0


class BatchConfig(msgspec.Struct, frozen=True):
    """Which items a batch processes, and its limits."""

    size: int | None = 10  # None: all
    key: str = ""  # only this item, in any state
    keys: tuple[str, ...] | None = None  # only these items, as far as they are due; None: all
    limits: ExecutionLimits = ExecutionLimits()
    jobs: int = 0  # maximum number of items under way; 0: as many as tasks allow
    retry: RetryPolicy = RetryPolicy()
    stage_retries: Mapping[str, Retry] = {}  # by stage; overrides those of the kind
    stages: tuple[str, ...] = ()  # only these; items stop before any other one; (): all
    time_budget: float = 0.0  # seconds; 0: unlimited
    between: TimeWindows = TimeWindows()  # outside of them, items are parked and none is claimed
    lookups: bool = False  # make lookups, and so claim items that lack only theirs
    stop_on_error: bool = False  # start nothing more after an item has failed
    # Start stages of other items before a stage that succeeded is recorded, which takes as long as
    # a short stage. More items are under way then.
    records_later: bool = False
    checkpoint_every: int = 50
    keep_checkpoints: int = 0  # 0: all
    settings: dict[str, Any] = {}  # for the session log


class SettledItem(msgspec.Struct, frozen=True):
    """An item whose result was recorded, as passed to the callbacks; `number` counts from 1.

    `total` is the expected number of items. It shrinks if other batches claim some of them.
    """

    number: int
    key: str
    outcome: Outcome
    seconds: float
    total: int = 0  # as in `on_start`


class ParkedItem(msgspec.Struct, frozen=True):
    """An item that waits until a time for a reason, as passed to the callbacks.

    One that was stopped before a stage that the batch does not run has no time. With `needs_user`,
    only the user can end the wait.
    """

    key: str
    until: str  # ISO 8601 in UTC
    why: str
    needs_user: bool = False


class BatchCallbacks(msgspec.Struct, frozen=True):
    """Functions that a batch calls to report what it does.

    `on_start` is called after the first claim, with the expected number of items. `on_item` is
    called for each item whose result was recorded, `on_parked` for each that was parked,
    `on_dropped` with the key of each that was cancelled or reset meanwhile, and the reason.
    `on_progress` gets the item's key, the steps done, all steps, and the web service that the item
    waits for, or "". `on_milestone` is called at each checkpoint and at the end.
    """

    on_start: Callable[[int], None] = lambda _: None
    on_item: Callable[[SettledItem], None] = lambda _: None
    on_progress: Callable[[str, int, int, str], None] = lambda *_: None
    on_milestone: Callable[[], None] = lambda: None
    on_parked: Callable[[ParkedItem], None] = lambda _: None
    on_dropped: Callable[[str, str], None] = lambda *_: None


class BatchResult(msgspec.Struct):
    """The result of a batch: numbers of items, seconds, and messages."""

    session: str = ""
    counters: tuple[ItemCounter, ...] = ()  # additional counters of the kind
    claimed: int = 0
    expected: int = 0  # items to claim, as far as known
    settled: dict[Status, int] = msgspec.field(default_factory=lambda: dict.fromkeys(Status, 0))
    parked: int = 0  # items that wait until a time
    out_of_space: int = 0  # those of them that wait for disk space
    auto_fixed: int = 0
    manual_reviews: int = 0  # of the items of this batch
    listed_reviews: Mapping[str, int] | None = None  # entries of the review list, by kind
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
        """The number of items whose result was recorded, including failed items."""
        return sum(self.settled.values())

    def add_outcome(self, outcome: Outcome) -> None:
        """Add the outcome of one item to the numbers of the batch."""
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

    def extract_countable_outcome(self, outcome: Outcome) -> Outcome:
        """Return the part of an outcome that `subtract_outcome` needs later.

        That is called if the same item is settled again.
        """
        names = {"unreached", *(counter.name for counter in self.counters)}
        facts = {name: fact for name, fact in outcome.facts.items() if name in names}
        reviews = {"manual_reviews": outcome.data.get("manual_reviews")}
        return Outcome(outcome.state, data=reviews, facts=facts)

    def subtract_outcome(self, outcome: Outcome) -> None:
        """Subtract the outcome of an item that the batch settles again.

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
