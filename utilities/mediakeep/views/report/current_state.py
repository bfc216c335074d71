"""The current state of a queue for a report: pending reviews, failures, remaining work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from operator import itemgetter
from pathlib import Path

import msgspec

from mediakeep import clock, command_text, path_text
from mediakeep.item import Status, is_no_longer_found
from mediakeep.queue.claims import PendingQueue
from mediakeep.queue.state import QueueState
from mediakeep.views import terminal
from mediakeep.views.report.decisions import PendingReviews
from mediakeep.views.report.kind_progress import (
    MAX_FAILED_ITEMS,
    CurrentState,
    FailureGroup,
    RemainingWork,
    VanishedItem,
)
from mediakeep.views.summary import FailedItem, KindSummary

MAX_NEXT_ITEMS = 3  # number of next items shown
PROPOSED_BATCH_SIZE = 50  # size of the proposed batch


class StateContext(msgspec.Struct, frozen=True):
    """The queue that a report is about, its home folder, and the current time."""

    home: Path
    state: QueueState
    now: datetime


def build_current_state(
    context: StateContext,
    summary: KindSummary,
    decisions: PendingReviews | None,
    failed: Collection[str],
) -> CurrentState:
    """Return the current state of a queue, for the report.

    `failed` are the keys of items that failed in the period; those not completed since are counted.
    """
    items = context.state.items
    undone = [key for key in failed if key in items and items[key].status is not Status.COMPLETED]
    pending = [key for key in undone if items[key].status is Status.PENDING]
    failures = group_failures(context, summary.failed_items)
    manager = context.state.kind.manager_script
    return CurrentState(
        decisions,
        failures,
        len(undone),
        len(pending),
        build_remaining_work(context, summary),
        list_vanished(context.state),
        command_text.format_command(manager, context.home, "--forget-vanished"),
    )


def list_vanished(state: QueueState) -> list[VanishedItem]:
    """List the items of a queue that are no longer in the library."""
    vanished = [(key, item) for key, item in state.items.items() if is_no_longer_found(item)]
    return [
        VanishedItem(key, item.skip_reason) for key, item in sorted(vanished, key=itemgetter(0))
    ]


def group_failures(context: StateContext, troubles: list[FailedItem]) -> list[FailureGroup]:
    """Group the failed items by the cause of their failure, largest group first."""
    groups: dict[str, list[FailedItem]] = {}
    for failure in troubles:
        groups.setdefault(failure.reason, []).append(failure)
    failures = [_build_failure_group(context, group, error) for error, group in groups.items()]
    return sorted(failures, key=lambda failure: -failure.count)


def _build_failure_group(
    context: StateContext, group: list[FailedItem], error: str
) -> FailureGroup:
    kind, is_single = context.state.kind, len(group) == 1
    retries = [failure.next_try for failure in group if failure.next_try]
    next_try = min(retries, default="")
    reset = f"--reset-{kind.noun}"
    names = " ".join(
        f"{reset} {path_text.quote_escaped(failure.item)}" for failure in group[:MAX_FAILED_ITEMS]
    )
    selection = names if len(group) <= MAX_FAILED_ITEMS else "--reset-errors"
    return FailureGroup(
        error=group[0].error if is_single else error,
        items=[failure.title for failure in group[:MAX_FAILED_ITEMS]],
        count=len(group),
        next_try=next_try,
        due=bool(next_try) and datetime.fromisoformat(next_try) <= context.now,
        command=command_text.format_command(kind.manager_script, context.home, selection),
    )


def build_remaining_work(context: StateContext, summary: KindSummary) -> RemainingWork:
    """Return how much work is left in a queue, and how long it will take."""
    standing, kind = summary.status, context.state.kind
    size = (
        "--all"
        if standing.items_left <= PROPOSED_BATCH_SIZE
        else f"--batch-size {PROPOSED_BATCH_SIZE}"
    )
    return RemainingWork(
        done=standing.counts[Status.COMPLETED],
        items=standing.items_left,
        failed=standing.counts[Status.ERROR],
        vanished=standing.counts[Status.SKIPPED],
        waiting=standing.waiting,
        next_retry=standing.next_retry,
        outdated=standing.outdated,
        seconds=standing.seconds_left,
        per_hour=standing.per_hour,
        sessions=summary.pace.sessions,
        estimate=summary.estimate,
        next_items=_list_next_items(context),
        batch=command_text.format_command(kind.batch_script, context.home, size),
        redo=command_text.format_command(kind.manager_script, context.home, "--reset-outdated"),
        lookups=terminal.describe_lookups(standing),
        awaiting=standing.awaiting,
        tallies=standing.tallies,
    )


def _list_next_items(context: StateContext) -> list[str]:
    """List the names, or else the keys, of the items that the next batch processes first."""
    now = clock.format_iso(context.now)
    keys = PendingQueue(context.state).peek_keys(MAX_NEXT_ITEMS, now)
    return [context.state.items[key].name or key for key in keys]
