"""What a batch costs for each item: the worker does nothing, so all that is measured is ours."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from mediakeep.item import Item
from mediakeep.outcome import Opening, Stamp, Work
from mediakeep.runner import batch, executors
from mediakeep.runner.plan import Face, Limits, Plan
from tests.benchmarks import empty, rounds, stock, table
from tests.benchmarks.floor import Appended
from tests.benchmarks.rounds import Durations

_WORKERS = max(2, min(4, os.cpu_count() or 1))
_ITEMS = 3_000
_ROUNDS = 5
_LINE = bytes(500)  # about as long as the record of a settle
_POOLED = f"{_WORKERS} workers"

Marks = list[tuple[float, int]]  # when an item was done, in which process


class Subject:
    """Queues of one size, made anew for each run."""

    def __init__(self, home: Path, size: int) -> None:
        self._home, self._size, self._number = home, size, itertools.count()

    def inline(self, every: int = 50) -> Marks:
        """Run a batch in this process."""
        return self._run(empty.opened, Plan(_ITEMS, checkpoint_every=every))

    def pooled(self) -> Marks:
        """Run a batch whose first item alone is done inline; the others go to the pool."""
        patience = executors.PATIENCE + 0.01
        opening = functools.partial(empty.opened_slowly, "Artist 0000000", patience)
        return self._run(opening, Plan(_ITEMS, limits=Limits(_WORKERS)))[1:]

    def _run(self, opening: Opening, plan: Plan) -> Marks:
        home = self._home / str(next(self._number))
        marks: Marks = []
        face = Face(
            settled=lambda done: marks.append((time.perf_counter(), done.outcome.facts[empty.PID]))
        )
        with stock.queue(home, self._size) as queue:
            assert batch.run(queue, opening, plan, face).done == _ITEMS
        shutil.rmtree(home)
        return marks


def run(home: Path, *, full: bool) -> None:
    """Measure with the first user's number of artists and more, in full with 100,000 too."""
    append = Appended(home / "appended")
    for size in [_ITEMS, *([100_000] if full else [])]:
        subject = Subject(home / str(size), size)
        cases = {
            "plain loop": lambda: _loop(),
            "append+sync of 500 bytes": lambda: rounds.each(append.write, [_LINE] * 200),
            "batch, inline, no checkpoints": lambda: _steady(subject.inline(0)),
            "batch, inline": lambda: _steady(subject.inline()),
            f"bare process pool, {_POOLED}": lambda: _steady(_bare(), _WORKERS),
            f"batch, {_POOLED}": lambda: _steady(subject.pooled(), _WORKERS),
        }
        _measure(size, cases)


def _measure(size: int, cases: dict[str, Callable[[], Durations]]) -> None:
    turns = [functools.partial(_turn, name, case) for name, case in cases.items()]
    times = rounds.run(turns, _ROUNDS)
    syncs = rounds.whole(times["append+sync of 500 bytes"])
    bare = rounds.whole(times[f"bare process pool, {_POOLED}"])
    rows = []
    for name in cases:
        own = rounds.whole(times[name])
        rows.append(
            [
                name,
                table.spread(own, 3, 1e3),
                table.spread(rounds.ratio(own, syncs), 1),
                table.spread(rounds.ratio(own, bare), 1),
            ]
        )
    table.show(
        f"Batch of {_ITEMS:,} items with an empty worker, from a queue of {size:,}; target: under 5 ms",
        ("", "ms an item", "append+syncs", "to the bare pool"),
        rows,
        "Pools are measured from when each of their processes has done its first item.",
    )


def _turn(name: str, case: Callable[[], Durations]) -> dict[str, Durations]:
    return {name: case()}


def _steady(marks: Marks, processes: int = 1) -> Durations:
    """Return the seconds between two items, once as many processes have each done one."""
    seen: set[int] = set()
    for number, (_, pid) in enumerate(marks):
        seen.add(pid)
        if len(seen) == processes:
            break
    times = [moment for moment, _ in marks[number:]]
    return [after - before for before, after in itertools.pairwise(times)]


def _loop() -> Durations:
    started = time.perf_counter()
    for work in _works():
        empty.nothing(work, print)
    return [(time.perf_counter() - started) / _ITEMS]


def _bare() -> Marks:
    """Do the same nothing in a pool of the standard library, all of it submitted at once."""
    with ProcessPoolExecutor(_WORKERS, get_context("spawn")) as pool:
        futures = [pool.submit(empty.nothing, work, print) for work in _works()]
        return [
            (time.perf_counter(), future.result().facts[empty.PID])
            for future in as_completed(futures)
        ]


def _works() -> Iterable[Work]:
    item: Item = stock.pending(0)
    return [Work(item, Stamp("", str(number), 0, 0)) for number in range(_ITEMS)]
