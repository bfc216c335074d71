"""What the master reports of all kinds of media share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mediakeep import clock
from mediakeep.app.console import Console
from mediakeep.app.subjects import registry
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.master_scope import MasterReportScope, ReportedItem
from mediakeep.queue import readonly

_MAX_SHOWN_FAILURES = 20  # missing outputs that are printed; the statistics list more


def build_scope(home: Path, kind: Kind) -> MasterReportScope:
    """Return the completed items; those that the user marked as completed have no outputs."""
    state = readonly.load_state(registry.queue_folder(home, kind), kind)
    others: Counter[str] = Counter()
    items = []
    for key, item in state.items.items():
        if item.status is not Status.COMPLETED:
            others[item.status.value] += 1
        elif not item.report:
            others["marked_completed"] += 1
        else:
            items.append(ReportedItem(item.name or key, item.output_name))
    written, library = clock.format_iso(clock.now()), state.head.library_path
    return MasterReportScope(home, library, written, tuple(items), dict(sorted(others.items())))


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
