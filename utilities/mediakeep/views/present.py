"""How things stand while a report is written: decisions, failures, what is left."""

from __future__ import annotations

from pathlib import Path

from mediakeep import config, files
from mediakeep.kinds import Kind
from mediakeep.queue.claims import Line
from mediakeep.queue.state import State
from mediakeep.views.decisions import Decisions
from mediakeep.views.progress import SHOWN, Failing, Present, Rest
from mediakeep.views.summary import Account, Trouble

NEXT = 3  # items that are named as the next


def failing(home: Path, kind: Kind, troubles: list[Trouble]) -> list[Failing]:
    """Put items together that fail for the same reason, most of them first."""
    groups: dict[str, list[Trouble]] = {}
    for one in troubles:
        groups.setdefault(one.error.replace(one.item, "..."), []).append(one)
    found = [_failing(home, kind, group) for group in groups.values()]
    return sorted(found, key=lambda one: -one.count)


def _failing(home: Path, kind: Kind, group: list[Trouble]) -> Failing:
    retries = [one.next_try for one in group if one.next_try]
    manager = config.spoken(kind.manager, home)
    named = f"--reset-{kind.noun} {files.quoted(group[0].item)}"
    return Failing(
        error=group[0].error,
        items=[one.item for one in group[:SHOWN]],
        count=len(group),
        next_try=min(retries, default=""),
        command=f"{manager} {named if len(group) == 1 else '--reset-errors'}",
    )


def of(home: Path, state: State, account: Account, waiting: Decisions | None) -> Present:
    """Tell how a queue stands."""
    failures = failing(home, state.kind, account.troubles)
    return Present(waiting, failures, rest(home, state, account))


def rest(home: Path, state: State, account: Account) -> Rest:
    """Tell what is left to be done."""
    standing, kind = account.standing, state.kind
    return Rest(
        items=standing.left,
        waiting=standing.waiting,
        next_retry=standing.next_retry,
        outdated=standing.outdated,
        seconds=standing.seconds_left,
        per_hour=standing.per_hour,
        sessions=account.pace.sessions,
        estimate=account.estimate,
        next_items=Line(state).peek(NEXT),
        batch=config.spoken(kind.batch, home),
        redo=f"{config.spoken(kind.manager, home)} --reset-outdated",
    )
