"""One summary of a queue, from which every face is made, so that no two can disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mediakeep.item import Item, Status
from mediakeep.queue import actions, index
from mediakeep.queue.index import Pace
from mediakeep.queue.state import State, percentage


@dataclass(frozen=True)
class Summary:
    """Counts of items and issues, the pace in items an hour, the time left in seconds."""

    kind: str
    noun: str
    plural: str
    library: str
    total: int
    counts: dict[str, int]
    percentage: float
    issues: dict[str, int]  # open issues by kind, most first
    notes: int  # found beside the issues
    reviews: int
    fixed: int
    waiting: int  # failed, to be tried again
    next_retry: str  # the time of the next such try, or ""
    outdated: int  # completed by older rules
    per_hour: float | None
    seconds_left: float | None
    last_updated: str


def of(state: State, pace: Pace) -> Summary:
    """Summarise a queue."""
    items = state.items.values()
    left = state.counts[Status.PENDING] + state.counts[Status.IN_PROGRESS]
    rate = pace.per_hour
    retries = [item.not_before for item in items if item.status is Status.ERROR and item.not_before]
    return Summary(
        kind=state.kind.name,
        noun=state.kind.noun,
        plural=state.kind.plural,
        library=state.head.library_path,
        total=len(state.items),
        counts={status.value: state.counts[status] for status in Status},
        percentage=percentage(state.counts[Status.COMPLETED], len(state.items)),
        issues=open_issues(items),
        notes=sum(item.notes for item in items if item.status is not Status.SKIPPED),
        reviews=sum(item.manual_reviews for item in items),
        fixed=sum(item.auto_fixed for item in items),
        waiting=len(retries),
        next_retry=min(retries, default=""),
        outdated=sum(1 for item in items if actions.outdated(state, item)),
        per_hour=rate,
        seconds_left=3600 * left / rate if rate else None,
        last_updated=state.head.last_updated,
    )


def open_issues(items: Iterable[Item]) -> dict[str, int]:
    """Count the open issues of all items by kind, most first; vanished items do not count."""
    total: Counter[str] = Counter()
    for item in items:
        if item.issues and item.status is not Status.SKIPPED:
            total.update(item.issues)
    return dict(sorted(total.items(), key=lambda entry: (-entry[1], entry[0])))


def read(folder: Path, state: State) -> Summary:
    """Summarise a queue with the pace that its history shows."""
    with index.look(folder) as base:
        return of(state, index.pace(base))
