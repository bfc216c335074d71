"""The state of a queue while its report is written: reviews, failures, remaining work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from operator import itemgetter
from pathlib import Path

import msgspec

from mediakeep import config, path_text
from mediakeep.item import Status, is_gone
from mediakeep.queue.claims import PendingQueue
from mediakeep.queue.state import QueueState
from mediakeep.views import terminal
from mediakeep.views.report.decisions import Decisions
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
    """The queue, its home, and the current time."""

    home: Path
    state: QueueState
    now: datetime


def build_current_state(
    moment: StateContext, account: KindSummary, waiting: Decisions | None, failed: Collection[str]
) -> CurrentState:
    """Return the state of a queue, and how many of the items that `failed` are not completed."""
    items = moment.state.items
    undone = [key for key in failed if key in items and items[key].status is not Status.COMPLETED]
    pending = [key for key in undone if items[key].status is Status.PENDING]
    failures = group_failures(moment, account.failed_items)
    return CurrentState(
        waiting,
        failures,
        len(undone),
        len(pending),
        build_remaining_work(moment, account),
        list_vanished(moment.state),
        f"{config.format_command(moment.state.kind.manager_script, moment.home)} --forget-vanished",
    )


def list_vanished(state: QueueState) -> list[VanishedItem]:
    """List the items that are no longer in the library."""
    vanished = [(key, item) for key, item in state.items.items() if is_gone(item)]
    return [
        VanishedItem(key, item.skip_reason) for key, item in sorted(vanished, key=itemgetter(0))
    ]


def group_failures(moment: StateContext, troubles: list[FailedItem]) -> list[FailureGroup]:
    """Group the failed items by cause, largest group first."""
    groups: dict[str, list[FailedItem]] = {}
    for trouble in troubles:
        groups.setdefault(trouble.reason, []).append(trouble)
    failures = [_build_failure_group(moment, group, error) for error, group in groups.items()]
    return sorted(failures, key=lambda trouble: -trouble.count)


def _build_failure_group(moment: StateContext, group: list[FailedItem], error: str) -> FailureGroup:
    kind, is_single = moment.state.kind, len(group) == 1
    retries = [trouble.next_try for trouble in group if trouble.next_try]
    next_try = min(retries, default="")
    reset = f"--reset-{kind.noun}"
    names = " ".join(
        f"{reset} {path_text.quote_escaped(trouble.item)}" for trouble in group[:MAX_FAILED_ITEMS]
    )
    selection = names if len(group) <= MAX_FAILED_ITEMS else "--reset-errors"
    return FailureGroup(
        error=group[0].error if is_single else error,
        items=[trouble.item for trouble in group[:MAX_FAILED_ITEMS]],
        count=len(group),
        next_try=next_try,
        due=bool(next_try) and datetime.fromisoformat(next_try) <= moment.now,
        command=f"{config.format_command(kind.manager_script, moment.home)} {selection}",
    )


def build_remaining_work(moment: StateContext, account: KindSummary) -> RemainingWork:
    """Return the remaining work."""
    standing, kind = account.status, moment.state.kind
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
        sessions=account.pace.sessions,
        estimate=account.estimate,
        next_items=PendingQueue(moment.state).peek_keys(MAX_NEXT_ITEMS),
        batch=f"{config.format_command(kind.batch_script, moment.home)} {size}",
        redo=f"{config.format_command(kind.manager_script, moment.home)} --reset-outdated",
        lookups=terminal.describe_lookups(standing),
        awaiting=standing.awaiting,
        tallies=standing.tallies,
    )
