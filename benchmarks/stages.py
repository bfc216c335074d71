"""What stages, parts and waits cost: the workers do nothing, so all that is measured is ours."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks import rounds, table
from benchmarks.floor import Appended
from benchmarks.rounds import Durations
from mediakeep.item import Item, ScannedItem, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.runner import batch, executors
from mediakeep.runner.batch_config import BatchCallbacks, BatchConfig, ExecutionLimits
from mediakeep.stages import Stage, StageTable

_NAMES = ("prepare", "convert", "publish")
_TABLE = StageTable(
    tuple(
        Stage(name, _NAMES[number + 1 : number + 2], f"failed_{name}")
        for number, name in enumerate(_NAMES)
    ),
    completed="completed",
)
_JOB = Kind("job", "job", "jobs", "", "", Item, stages=_TABLE)
_ITEMS = 300
_ROUNDS = 3
_PARTS = (100, 1_000, 10_000)
_PARKED = 1_000
_WORKERS = max(2, min(4, os.cpu_count() or 1))
_LINE = bytes(350)  # about as long as the record of a stage
_SYNC = "append+sync of 350 bytes"


@contextmanager
def opened(parts: int = 0) -> Iterator[Worker]:
    """Give a process its worker."""
    yield functools.partial(_work, parts=parts)


def _work(work: Work, _progress: Progress, parts: int) -> Outcome | Parts:
    if work.stage == "convert" and parts and work.results is None:
        return Parts(tuple(range(parts)), _part)
    following = _TABLE.stages[_TABLE.position(work.stage)].next_stages
    return Outcome(message="nothing was done", next_stage=following[0] if following else "")


def _part(_value: Any, _progress: Progress) -> dict[str, int]:
    return {"seconds": 0}


class Subject:
    """Queues of jobs, recreated for each run."""

    def __init__(self, home: Path) -> None:
        self._home, self._number = home, itertools.count()
        self._append = Appended(home / "appended")

    @contextmanager
    def _queue(self, count: int, now: datetime | None = None) -> Iterator[tuple[Queue, list[Any]]]:
        home = self._home / str(next(self._number))
        moment = [now or datetime.now(UTC)]
        place = locate_queue(home, lambda: moment[0] if now else datetime.now(UTC))
        items = (
            ScannedItem(key=f"job {n}", path=f"/jobs/{n}", fingerprint="") for n in range(count)
        )
        with Queue.create(place, _JOB, "/jobs", items) as queue:
            yield queue, moment
        shutil.rmtree(home)

    def sync(self) -> dict[str, Durations]:
        """Write lines as long as a record, and bring each to the disk."""
        return {_SYNC: rounds.each(self._append.write, [_LINE] * 200)}

    def stages(self, name: str, workers: int) -> dict[str, Durations]:
        """Run items through three stages; return the seconds of a stage."""
        config = BatchConfig(None, limits=ExecutionLimits(workers), checkpoint_every=0)
        marks: list[float] = []
        callbacks = BatchCallbacks(on_item=lambda _: marks.append(time.perf_counter()))
        patience = 0.0 if workers > 1 else executors.INLINE_SECONDS
        with (
            self._queue(_ITEMS) as (queue, _),
            mock.patch.object(executors, "INLINE_SECONDS", patience),
        ):
            assert batch.run_batch(queue, opened, config, callbacks).done_count == _ITEMS
        # The start of the processes is left out.
        begin = len(marks) // 4
        return {name: [(marks[-1] - marks[begin]) / (len(marks) - begin - 1) / len(_NAMES)]}

    def parts(self, count: int) -> dict[str, Durations]:
        """Run one item with many parts inline; return the seconds of a part."""
        factory = functools.partial(opened, count)
        marks: list[float] = []
        callbacks = BatchCallbacks(on_progress=lambda *_: marks.append(time.perf_counter()))
        with self._queue(1) as (queue, _):
            result = batch.run_batch(queue, factory, BatchConfig(None), callbacks)
            assert result.settled[Status.COMPLETED] == 1
        assert len(marks) == count
        return {f"{count:,} parts": [(marks[-1] - marks[0]) / (count - 1)]}

    def parked(self) -> dict[str, Durations]:
        """Claim items that waited until the same time; return the seconds of the one claim."""
        start = datetime(2026, 1, 1, tzinfo=UTC)
        wait = Outcome(Status.PENDING, "the service opens later", retry_after=3600.0)
        with self._queue(_PARKED, start) as (queue, moment):
            queue.begin_session()
            parking = rounds.each(lambda claim: queue.park(claim, wait, 0.0), queue.claim(_PARKED))
            moment[0] += timedelta(seconds=3599)
            assert queue.claim(_PARKED) == []
            moment[0] += timedelta(seconds=1)
            began = time.perf_counter()
            claims = queue.claim(_PARKED)
            taken = time.perf_counter() - began
            assert len(claims) == _PARKED
            queue.release(claims)
        return {"park": parking, "claim of all": [taken]}


def run(home: Path, *, full: bool) -> None:
    """Measure stages inline and in the pool, parts of one item, and parked items."""
    subject = Subject(home)
    names = {"a stage, inline": 1, f"a stage, {_WORKERS} workers": _WORKERS}
    counts = [*_PARTS, *([100_000] if full else [])]
    cases: list[rounds.Case] = [
        functools.partial(subject.stages, name, workers) for name, workers in names.items()
    ]
    cases += [functools.partial(subject.parts, count) for count in counts]
    times = rounds.run([*cases, subject.parked, subject.sync], _ROUNDS, warm=False)
    sync = rounds.whole(times[_SYNC])
    least = rounds.whole(times[f"{counts[0]:,} parts"])
    rows = [
        [
            name,
            table.spread(own, 3, 1e3),
            table.spread(rounds.ratio(own, sync), 1),
            table.spread(rounds.ratio(own, least), 2) if name.endswith("parts") else "",
        ]
        for name, own in ((name, rounds.whole(series)) for name, series in times.items())
    ]
    table.show(
        f"Stages of {_ITEMS} items, parts of one item, and {_PARKED:,} parked items",
        ("", "ms each", "to append+sync", f"to {counts[0]} parts"),
        rows,
        "A part of 10,000 may cost 1.3 times one of 100. The claim takes all parked items at once.",
    )
