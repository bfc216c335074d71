"""What the master reports of all kinds of media share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from mediakeep import clock
from mediakeep.commands import shared, subjects
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue import reading

_FAILURES = 20  # missing outputs that are printed; the statistics list more

list_limit = click.option(
    "--list-limit",
    type=click.IntRange(0),
    default=200,
    show_default=True,
    metavar="N",
    help="Maximum entries of each list in the statistics.",
)


class Roll(NamedTuple):
    """A library: its items completed by batches, and how many others there are."""

    library: str
    written: str  # UTC
    items: Mapping[str, Item]  # by their keys
    others: Mapping[str, int]  # by reason


def roll(home: Path, kind: Kind) -> Roll:
    """List a library's completed items; those that the user marked as completed have no outputs."""
    state = reading.state(subjects.folder(home, kind), kind)
    others: Counter[str] = Counter()
    items = {}
    for key, item in state.items.items():
        if item.status is not Status.COMPLETED:
            others[item.status.value] += 1
        elif not item.report:
            others["marked_completed"] += 1
        else:
            items[key] = item
    now = clock.text(clock.now())
    return Roll(state.head.library_path, now, items, dict(sorted(others.items())))


def show(lines: list[str], statistics: Any, failures: Sequence[str], *, as_json: bool) -> int:
    """Print what was written and what is missing; return the exit code."""
    shared.show(lines, statistics, as_json=as_json)
    for failure in failures[:_FAILURES]:
        click.echo(shared.plain(failure), err=True)
    if (more := len(failures) - _FAILURES) > 0:
        click.echo(f"And {more:,} more.", err=True)
    return 1 if failures else 0
