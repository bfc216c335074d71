"""What the master reports of all kinds of media share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mediakeep import clock
from mediakeep.app.console import Console
from mediakeep.app.subjects import registry
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue import readonly

_MAX_SHOWN_FAILURES = 20  # missing outputs that are printed; the statistics list more


class CompletedItems(NamedTuple):
    """The items of a library that a batch completed, and counts of the others by reason."""

    library: str
    written: str  # UTC
    items: Mapping[str, Item]  # by their keys
    others: Mapping[str, int]  # by reason


def list_completed(home: Path, kind: Kind) -> CompletedItems:
    """List a library's completed items; those that the user marked as completed have no outputs."""
    state = readonly.load_state(registry.queue_folder(home, kind), kind)
    others: Counter[str] = Counter()
    items = {}
    for key, item in state.items.items():
        if item.status is not Status.COMPLETED:
            others[item.status.value] += 1
        elif not item.report:
            others["marked_completed"] += 1
        else:
            items[key] = item
    now = clock.format_iso(clock.now())
    return CompletedItems(state.head.library_path, now, items, dict(sorted(others.items())))


def show_report(
    console: Console, lines: list[str], statistics: Any, failures: Sequence[str], *, as_json: bool
) -> int:
    """Print what was written and what is missing; return the exit code."""
    console.print_result(lines, statistics, as_json=as_json)
    for failure in failures[:_MAX_SHOWN_FAILURES]:
        console.print_message(failure)
    if (more := len(failures) - _MAX_SHOWN_FAILURES) > 0:
        console.print_message(f"And {more:,} more.")
    return 1 if failures else 0
