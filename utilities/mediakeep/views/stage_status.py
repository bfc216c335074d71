"""The state of a queue by processing stage: counts, failures, and items that wait."""

from __future__ import annotations

import heapq
from operator import attrgetter

import msgspec

from mediakeep.item import Item
from mediakeep.kinds import Kind
from mediakeep.queue.state import QueueState
from mediakeep.views.running_totals import RunningTotals

MAX_PARKED = 20  # parked items that are listed, those that are due first


class WaitingItem(msgspec.Struct, frozen=True):
    """An item that waits until a time, and why."""

    item: str
    stage: str
    until: str
    why: str
    name: str = ""  # for display, if the key is not a name

    @property
    def title(self) -> str:
        """The name of the item, or its key."""
        return self.name or self.item


class StageFailures(msgspec.Struct, frozen=True):
    """The number of failed items of a stage, and of their attempts in it."""

    stage: str
    items: int
    attempts: int


class StageStatus(msgspec.Struct, frozen=True):
    """The items of a queue by stage, in the order of the stages.

    The names in `by_stage` are stages, failure codes, and the completed stage.
    """

    by_stage: dict[str, int]
    parked: int
    parked_items: list[WaitingItem]  # by time, at most MAX_PARKED
    failures: list[StageFailures]
    cleanup_due: int  # items whose last attempt failed, and whose cleanup has not run yet


def build_stage_status(state: QueueState, totals: RunningTotals) -> StageStatus:
    """Return the state of a queue by stage; `totals` are the counts over its items."""
    kind = state.kind
    parked = [
        WaitingItem(key, kind.get_stage(item), item.not_before, item.parked, item.name)
        for key, item in totals.parked_items.items()
    ]
    return StageStatus(
        by_stage=state.count_by_stage(),
        parked=len(parked),
        parked_items=heapq.nsmallest(MAX_PARKED, parked, key=attrgetter("until", "item")),
        failures=_count_failures(kind, totals),
        cleanup_due=totals.cleanup_due,
    )


def _count_failures(kind: Kind, totals: RunningTotals) -> list[StageFailures]:
    failed: dict[str, list[Item]] = {stage.name: [] for stage in kind.stages.stages}
    for item in totals.failed_items.values():
        if stage := kind.get_stage(item):
            failed[stage].append(item)
    return [
        StageFailures(stage, len(items), sum(count_attempts(kind, item) for item in items))
        for stage, items in failed.items()
        if items
    ]


def count_attempts(kind: Kind, item: Item) -> int:
    """Return the number of attempts of an item; for kinds with stages, in its current stage."""
    if isinstance(item.attempts, int):
        return item.attempts
    return item.attempts.get(kind.get_stage(item), 0)
