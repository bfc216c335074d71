"""What a batch is asked to do, who listens to it, and what it came to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mediakeep.errors import MediakeepError
from mediakeep.item import Status
from mediakeep.outcome import Outcome


@dataclass(frozen=True)
class Limits:
    """How many workers, and how many seconds a task may take (0: any).

    Work that may crash its process, as native decoders do, never runs `inline`.
    """

    workers: int = 1
    item_timeout: float = 0.0
    inline: bool = True


@dataclass(frozen=True)
class Retry:
    """How often an item is tried, and the seconds before the second try; they double each time."""

    max_attempts: int = 3
    delay: float = 600.0


@dataclass(frozen=True)
class Plan:
    """What a batch shall do, and within which bounds."""

    size: int | None = 10  # None: all
    key: str = ""  # only this item, whatever its state
    limits: Limits = field(default_factory=Limits)
    retry: Retry = field(default_factory=Retry)
    time_budget: float = 0.0  # seconds; 0: any
    checkpoint_every: int = 50
    keep_checkpoints: int = 20
    settings: dict[str, Any] = field(default_factory=dict)  # for the session log


@dataclass(frozen=True)
class Settled:
    """An item that is done, as the face of a batch hears of it."""

    number: int
    key: str
    outcome: Outcome
    seconds: float


@dataclass(frozen=True)
class Face:
    """Who listens: to the first claim, to every settled item, to progress, to a milestone."""

    begun: Callable[[int], None] = lambda _: None
    settled: Callable[[Settled], None] = lambda _: None
    progress: Callable[[str, int, int], None] = lambda *_: None
    milestone: Callable[[], None] = lambda: None


@dataclass
class Report:
    """What a batch came to; counts of items, seconds of time."""

    session: str = ""
    claimed: int = 0
    settled: dict[Status, int] = field(default_factory=lambda: dict.fromkeys(Status, 0))
    auto_fixed: int = 0
    manual_reviews: int = 0
    seconds: float = 0.0
    stopped: bool = False
    gone: MediakeepError | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many items were settled, well or not."""
        return sum(self.settled.values())

    def count(self, outcome: Outcome) -> None:
        """Add one settled item."""
        self.settled[outcome.state] += 1
        self.auto_fixed += outcome.data.get("auto_fixed") or 0
        self.manual_reviews += outcome.data.get("manual_reviews") or 0
