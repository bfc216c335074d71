"""What a batch is asked to do, who listens to it, and what it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from mediakeep.errors import MediakeepError
from mediakeep.item import Status
from mediakeep.kinds import Tally
from mediakeep.outcome import Outcome


class Limits(msgspec.Struct, frozen=True):
    """How many workers, and how many seconds a task may take (0: any).

    Work that may crash its process, as native decoders do, never runs `inline`. Where a person is
    `asked` meanwhile, all of it runs in this process, which has the terminal.
    """

    workers: int = 1
    item_timeout: float = 0.0
    inline: bool = True
    asked: bool = False


class Retry(msgspec.Struct, frozen=True):
    """How often an item is tried, and the seconds before the second try; they double each time."""

    max_attempts: int = 3
    delay: float = 600.0


class Plan(msgspec.Struct, frozen=True):
    """What a batch shall do, and within which bounds."""

    size: int | None = 10  # None: all
    key: str = ""  # only this item, whatever its state
    limits: Limits = Limits()
    retry: Retry = Retry()
    time_budget: float = 0.0  # seconds; 0: any
    lookups: bool = False  # whether it asks services, and so takes what lacks only its look-up
    checkpoint_every: int = 50
    keep_checkpoints: int = 0  # all
    settings: dict[str, Any] = {}  # for the session log


class Settled(msgspec.Struct, frozen=True):
    """An item that is done, as the face of a batch hears of it."""

    number: int
    key: str
    outcome: Outcome
    seconds: float


class Face(msgspec.Struct, frozen=True):
    """Who listens: to the first claim, to every settled item, to progress, to a milestone.

    Of progress it hears the item, how much is done of how much, and the service it waits for.
    """

    begun: Callable[[int], None] = lambda _: None
    settled: Callable[[Settled], None] = lambda _: None
    progress: Callable[[str, int, int, str], None] = lambda *_: None
    milestone: Callable[[], None] = lambda: None


class Report(msgspec.Struct):
    """What a batch came to; counts of items, seconds of time."""

    session: str = ""
    counted: tuple[Tally, ...] = ()  # what its kind of items counts besides
    claimed: int = 0
    settled: dict[Status, int] = msgspec.field(default_factory=lambda: dict.fromkeys(Status, 0))
    auto_fixed: int = 0
    manual_reviews: int = 0  # of the items of this batch
    listed: int | None = None  # entries in the list of reviews at the end, of all queues
    seconds: float = 0.0
    stopped: bool = False
    requests: int = 0  # to services
    hits: int = 0  # answers that were kept from before
    waited: float = 0.0  # seconds, for services
    tallies: Counter[str] = msgspec.field(default_factory=Counter)  # of those, by name
    unreached: int = 0  # settled items that a service failed
    awaiting: int = 0  # items of the queue that lack nothing but their look-up
    unmade: str = ""  # why look-ups were not made, and what helps
    gone: MediakeepError | None = None
    warnings: list[str] = []
    notes: list[str] = []  # what else a person should know at the end

    @property
    def done(self) -> int:
        """How many items were settled, well or not."""
        return sum(self.settled.values())

    def count(self, outcome: Outcome) -> None:
        """Add one settled item."""
        self.settled[outcome.state] += 1
        self.manual_reviews += outcome.data.get("manual_reviews") or 0
        facts = outcome.facts
        self.auto_fixed += facts.get("auto_fixed", 0)  # the item counts those before as well
        self.requests += facts.get("requests", 0)
        self.hits += facts.get("hits", 0)
        self.waited += facts.get("waited", 0.0)
        self.tallies.update({one.name: facts.get(one.name, 0) for one in self.counted})
        self.unreached += "unreached" in facts
        self.unmade = self.unmade or facts.get("unreached") or facts.get("unasked") or ""

    def counts_of(self, outcome: Outcome) -> Outcome:
        """Return what is counted of an outcome, to be kept until it is settled again."""
        names = {"unreached", *(one.name for one in self.counted)}
        facts = {name: fact for name, fact in outcome.facts.items() if name in names}
        reviews = {"manual_reviews": outcome.data.get("manual_reviews")}
        return Outcome(outcome.state, data=reviews, facts=facts)

    def uncount(self, outcome: Outcome) -> None:
        """Subtract a settled item that is settled again in the same batch, after its lookup.

        What was done stays counted: repairs, requests, waits.
        """
        self.settled[outcome.state] -= 1
        self.manual_reviews -= outcome.data.get("manual_reviews") or 0
        facts = outcome.facts
        self.tallies.subtract(
            {one.name: facts.get(one.name, 0) for one in self.counted if one.group}
        )
        self.unreached -= "unreached" in facts
        if not self.unreached:
            self.unmade = ""
