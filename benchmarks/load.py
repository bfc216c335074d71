"""Opening of large queues, each in a fresh process: seconds, and the peak of memory."""

from __future__ import annotations

import functools
from pathlib import Path

from benchmarks import child, rounds, stock, table
from benchmarks.rounds import Durations, Times
from mediakeep.queue import snapshot

_TARGETS = {"pending": "5 s, 0.9 GB", "completed": "15 s, 2 GB"}
_MILLION = 1_000_000


def run(home: Path, *, full: bool) -> None:
    """Measure at 10,000 and 100,000 items, in full at a million too."""
    rows = []
    for size in [10_000, 100_000, *([_MILLION] if full else [])]:
        for what in _TARGETS:
            rows.append(_row(home / f"{size}{what}", size, what))
    head = ("items", "MB", "read s", "open s", "first look s", "json s", "read/json")
    table.show(
        "Opening a queue in a fresh process; the file is in the system's cache",
        (*head, "read GB", "open GB", "json GB", "target"),
        rows,
        "read: reading.state, for views; open: Queue.open, for a batch; first look: the next 50;",
        "json: json.loads of the same file. Completed items hold every field that they can.",
    )


def _row(home: Path, size: int, what: str) -> list[str]:
    child.run("make", home, size, what)
    tasks = ("read", "opened", "bare")
    cases = [functools.partial(_turn, task, home) for task in tasks]
    times = rounds.run(cases, 3, warm=size < _MILLION)
    megabytes = (stock.folder(home) / snapshot.FILE).stat().st_size / 1e6
    figures = {name: rounds.whole(series) for name, series in times.items()}
    return [
        f"{size:,} {what}",
        f"{megabytes:,.0f}",
        *(table.spread(figures[name]) for name in ("read", "open", "next", "json")),
        table.spread(rounds.ratio(figures["read"], figures["json"])),
        *(_peak(times, task) for task in tasks),
        _TARGETS[what] if size == _MILLION else "",
    ]


def _turn(task: str, home: Path) -> dict[str, Durations]:
    printed = child.run(task, home)
    peak = printed.pop("peak")
    return {f"peak of {task}": [peak], **{name: [seconds] for name, seconds in printed.items()}}


def _peak(times: Times, task: str) -> str:
    return f"{max(rounds.whole(times[f'peak of {task}'])) / 1e9:.2f}"
