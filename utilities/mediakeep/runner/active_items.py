"""The items that a batch has claimed, while they are processed."""

from __future__ import annotations

import msgspec

from mediakeep.item import Item
from mediakeep.outcome import Outcome
from mediakeep.queue.claims import Claim
from mediakeep.runner.stage_meter import StageMeter
from mediakeep.runner.stage_parts import PartTracker


class ActiveItem(msgspec.Struct):
    """An item claimed by this batch that is being processed.

    `since` is the monotonic time of its start in seconds, 0 before that.
    """

    claim: Claim
    item: Item
    since: float = 0.0
    open_tasks: int = 0  # running, or finished but not recorded
    meter: StageMeter | None = None  # of its running stage
    tracker: PartTracker | None = None  # of the parts of its stage
    park_outcome: Outcome | None = None  # to park it with, once its running parts have ended
    killed_worker: bool = False  # its worker died although it ran alone

    @property
    def stage_seconds(self) -> float:
        """How long the running stage has taken in this batch."""
        return self.meter.seconds if self.meter else 0.0

    def add_usage_facts(self, outcome: Outcome) -> Outcome:
        """Return the outcome of the running stage with what its tasks used."""
        return self.meter.add_facts(outcome) if self.meter else outcome


ActiveItems = dict[str, ActiveItem]  # by item key
