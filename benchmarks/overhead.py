"""What a batch costs for each item: the worker does nothing, so all that is measured is ours."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks import empty, rounds, stock, table
from benchmarks.floor import Appended
from benchmarks.rounds import Durations, Times
from mediakeep.outcome import Outcome, Stamp, Work, WorkerFactory
from mediakeep.runner import batch, executors
from mediakeep.runner.batch_config import BatchCallbacks, BatchConfig, ExecutionLimits

_WORKERS = max(2, min(4, os.cpu_count() or 1))
_ITEMS = 1_500
_ROUNDS = 3
_LINE = bytes(500)  # about as long as the record of a settle
_BARE = f"bare process pool, {_WORKERS} workers"
_POOL = f"batch, {_WORKERS} workers"
_LOOP = "plain loop"
_SYNC = "append+sync of 500 bytes"


@dataclass(frozen=True)
class Done:
    """When a run began, and when each item was done, in which process."""

    began: float
    marks: list[tuple[float, int]]

    def turn(self, name: str) -> dict[str, Durations]:
        """Separate the start, until each process has done an item, from the steady run."""
        firsts = {pid: number for number, (_, pid) in reversed(list(enumerate(self.marks)))}
        # A process that the others leave nothing to do may be late; half of the run is enough.
        start = min(max(firsts.values()), len(self.marks) // 2)
        times = [moment for moment, _ in self.marks[start:]]
        steady = [after - before for before, after in itertools.pairwise(times)]
        return {name: steady, f"start of {name}": [times[0] - self.began]}


class Subject:
    """Queues of one size, recreated for each run."""

    def __init__(self, home: Path, size: int) -> None:
        self._home, self._size, self._number = home, size, itertools.count()

    def inline(self, every: int = 50) -> Done:
        """Run a batch in this process."""
        return self._run(empty.opened, BatchConfig(_ITEMS, checkpoint_every=every))

    def pooled(self) -> Done:
        """Run a batch whose first item alone is done inline; the others go to the pool."""
        patience = executors.INLINE_SECONDS + 0.01
        opening = functools.partial(empty.opened, stock.artist_name(0), patience)
        done = self._run(opening, BatchConfig(_ITEMS, limits=ExecutionLimits(_WORKERS)))
        return Done(done.marks[0][0], done.marks[1:])

    def _run(self, opening: WorkerFactory, plan: BatchConfig) -> Done:
        home = self._home / str(next(self._number))
        marks: list[tuple[float, int]] = []
        face = BatchCallbacks(
            on_item=lambda done: marks.append((time.perf_counter(), done.outcome.facts[empty.PID]))
        )
        with stock.queue(home, self._size) as queue:
            began = time.perf_counter()
            assert batch.run_batch(queue, opening, plan, face).done_count == _ITEMS
        shutil.rmtree(home)
        return Done(began, marks)


def run(home: Path, *, full: bool) -> None:
    """Measure on a small queue, in full on one of 100,000 items too."""
    append = Appended(home / "appended")
    for size in [_ITEMS, *([100_000] if full else [])]:
        subject = Subject(home / str(size), size)
        runs = {
            _LOOP: _loop,
            "batch, inline, no checkpoints": functools.partial(subject.inline, 0),
            "batch, inline": subject.inline,
            _BARE: _bare,
            f"batch, {_WORKERS} workers": subject.pooled,
        }
        cases = [functools.partial(_turn, name, function) for name, function in runs.items()]
        cases.append(lambda: {_SYNC: rounds.each(append.write, [_LINE] * 200)})
        _show(size, rounds.run(cases, _ROUNDS, warm=False), list(runs))


def _turn(name: str, function: Callable[[], Done]) -> dict[str, Durations]:
    return function().turn(name)


def _loop() -> Done:
    began = time.perf_counter()
    return Done(began, [_mark(empty.nothing(work, print)) for work in _works()])


def _bare() -> Done:
    """Do the same nothing in a pool of the standard library, all of it submitted at once."""
    began = time.perf_counter()
    with ProcessPoolExecutor(_WORKERS, get_context("spawn")) as pool:
        futures = [pool.submit(empty.nothing, work, print) for work in _works()]
        return Done(began, [_mark(future.result()) for future in as_completed(futures)])


def _mark(outcome: Outcome) -> tuple[float, int]:
    return time.perf_counter(), outcome.facts[empty.PID]


def _works() -> list[Work]:
    item = stock.pending(0)
    return [Work(item, Stamp("", str(number), 0, 0)) for number in range(_ITEMS)]


def _show(size: int, times: Times, names: list[str]) -> None:
    bare, sync = rounds.whole(times[_BARE]), rounds.whole(times[_SYNC])
    rows = []
    for name in [*names, _SYNC]:
        own = rounds.whole(times[name])
        start = times.get(f"start of {name}")
        rows.append(
            [
                name,
                table.spread(own, 3, 1e3),
                table.spread(rounds.ratio(own, sync), 1),
                table.spread(rounds.ratio(own, bare), 1),
                table.middle(rounds.whole(start), 2) if start else "",
            ]
        )
    table.show(
        f"Batch of {_ITEMS:,} empty items, from a queue of {size:,}; target: under 5 ms an item",
        ("", "ms an item", "to append+sync", "to the bare pool", "start s"),
        rows,
        "The start, measured separately, lasts until each process has done its first item.",
    )
