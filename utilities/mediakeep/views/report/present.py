"""The state of a queue while its report is written: reviews, failures, remaining work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from operator import itemgetter
from pathlib import Path

import msgspec

from mediakeep import config, files
from mediakeep.item import Status, is_gone
from mediakeep.queue.claims import Line
from mediakeep.queue.state import State
from mediakeep.views import terminal
from mediakeep.views.report.decisions import Decisions
from mediakeep.views.report.progress import SHOWN, Failing, Gone, Present, Rest
from mediakeep.views.summary import Account, Trouble

NEXT = 3  # number of next items shown
BATCH = 50  # size of the proposed batch


class Moment(msgspec.Struct, frozen=True):
    """The queue, its home, and the current time."""

    home: Path
    state: State
    now: datetime


def of(
    moment: Moment, account: Account, waiting: Decisions | None, failed: Collection[str]
) -> Present:
    """Return the state of a queue, and how many of the items that `failed` are not completed."""
    items = moment.state.items
    undone = [key for key in failed if key in items and items[key].status is not Status.COMPLETED]
    pending = [key for key in undone if items[key].status is Status.PENDING]
    failures = failing(moment, account.troubles)
    return Present(
        waiting,
        failures,
        len(undone),
        len(pending),
        rest(moment, account),
        gone(moment.state),
        f"{config.spoken(moment.state.kind.manager, moment.home)} --forget-vanished",
    )


def gone(state: State) -> list[Gone]:
    """List the items that are no longer in the library."""
    vanished = [(key, item) for key, item in state.items.items() if is_gone(item)]
    return [Gone(key, item.skip_reason) for key, item in sorted(vanished, key=itemgetter(0))]


def failing(moment: Moment, troubles: list[Trouble]) -> list[Failing]:
    """Group the failed items by cause, largest group first."""
    groups: dict[str, list[Trouble]] = {}
    for trouble in troubles:
        groups.setdefault(trouble.reason, []).append(trouble)
    failures = [_failing(moment, group, error) for error, group in groups.items()]
    return sorted(failures, key=lambda trouble: -trouble.count)


def _failing(moment: Moment, group: list[Trouble], error: str) -> Failing:
    kind, is_single = moment.state.kind, len(group) == 1
    retries = [trouble.next_try for trouble in group if trouble.next_try]
    next_try = min(retries, default="")
    reset = f"--reset-{kind.noun}"
    names = " ".join(f"{reset} {files.quoted(trouble.item)}" for trouble in group[:SHOWN])
    selection = names if len(group) <= SHOWN else "--reset-errors"
    return Failing(
        error=group[0].error if is_single else error,
        items=[trouble.item for trouble in group[:SHOWN]],
        count=len(group),
        next_try=next_try,
        due=bool(next_try) and datetime.fromisoformat(next_try) <= moment.now,
        command=f"{config.spoken(kind.manager, moment.home)} {selection}",
    )


def rest(moment: Moment, account: Account) -> Rest:
    """Return the remaining work."""
    standing, kind = account.standing, moment.state.kind
    size = "--all" if standing.left <= BATCH else f"--batch-size {BATCH}"
    return Rest(
        done=standing.counts[Status.COMPLETED],
        items=standing.left,
        failed=standing.counts[Status.ERROR],
        vanished=standing.counts[Status.SKIPPED],
        waiting=standing.waiting,
        next_retry=standing.next_retry,
        outdated=standing.outdated,
        seconds=standing.seconds_left,
        per_hour=standing.per_hour,
        sessions=account.pace.sessions,
        estimate=account.estimate,
        next_items=Line(moment.state).peek(NEXT),
        batch=f"{config.spoken(kind.batch, moment.home)} {size}",
        redo=f"{config.spoken(kind.manager, moment.home)} --reset-outdated",
        lookups=terminal.lookups(standing),
        awaiting=standing.awaiting,
        tallies=standing.tallies,
    )
