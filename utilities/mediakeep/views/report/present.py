"""How things stand while a report is written: decisions, failures, what is left."""

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

NEXT = 3  # items that are named as the next
BATCH = 50  # items of the batch that is proposed


class Moment(msgspec.Struct, frozen=True):
    """What is looked at: a queue in its home, and when."""

    home: Path
    state: State
    now: datetime


def of(
    moment: Moment, account: Account, waiting: Decisions | None, failed: Collection[str]
) -> Present:
    """Tell how a queue stands, and what became of items that `failed` in the period."""
    items = moment.state.items
    undone = [key for key in failed if key in items and items[key].status is not Status.COMPLETED]
    pending = [key for key in undone if items[key].status is Status.PENDING]
    troubles = failing(moment, account.troubles)
    return Present(
        waiting,
        troubles,
        len(undone),
        len(pending),
        rest(moment, account),
        gone(moment.state),
        f"{config.spoken(moment.state.kind.manager, moment.home)} --forget-vanished",
    )


def gone(state: State) -> list[Gone]:
    """List the items that the library no longer has."""
    found = [(key, one) for key, one in state.items.items() if is_gone(one)]
    return [Gone(key, one.skip_reason) for key, one in sorted(found, key=itemgetter(0))]


def failing(moment: Moment, troubles: list[Trouble]) -> list[Failing]:
    """Put items together that fail for the same reason, most of them first."""
    groups: dict[str, list[Trouble]] = {}
    for one in troubles:
        groups.setdefault(one.reason, []).append(one)
    found = [_failing(moment, group, error) for error, group in groups.items()]
    return sorted(found, key=lambda one: -one.count)


def _failing(moment: Moment, group: list[Trouble], error: str) -> Failing:
    kind, alone = moment.state.kind, len(group) == 1
    retries = [one.next_try for one in group if one.next_try]
    next_try = min(retries, default="")
    reset = f"--reset-{kind.noun}"
    names = " ".join(f"{reset} {files.quoted(one.item)}" for one in group[:SHOWN])
    wanted = names if len(group) <= SHOWN else "--reset-errors"
    return Failing(
        error=group[0].error if alone else error,
        items=[one.item for one in group[:SHOWN]],
        count=len(group),
        next_try=next_try,
        due=bool(next_try) and datetime.fromisoformat(next_try) <= moment.now,
        command=f"{config.spoken(kind.manager, moment.home)} {wanted}",
    )


def rest(moment: Moment, account: Account) -> Rest:
    """Tell what is left to be done."""
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
