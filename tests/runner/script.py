"""One batch over a queue of toys, as a process that a test can signal and kill.

    python -m tests.runner.script '{"folder": "...", "kind": "toy", ...}'

Beside the plan it knows `patience` (seconds of inline work before the pool), `die_at` and `die`
(kill this process "before" or "after" its so many-th record), `slow_end` (seconds that the last
milestone takes), `hangup` (what is done about SIGHUP) and `opening` (which of the toys' openings it
uses). It prints its report as JSON.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import signal
import sys
import time
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from mediakeep.queue import queue
from mediakeep.queue.journal import Journal, Record
from mediakeep.queue.queue import Queue
from mediakeep.runner import batch, executors
from mediakeep.runner.plan import Face
from tests.runner import notes, toys, workshop


def main(told: dict[str, Any]) -> None:
    """Run the batch that is asked for."""
    # Whoever runs the tests in the background had these ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, told.pop("hangup", signal.SIG_DFL))
    folder, kind = Path(told.pop("folder")), toys.KINDS[told.pop("kind")]
    executors.PATIENCE = told.pop("patience", executors.PATIENCE)
    die_at(told.pop("die_at", 0), told.pop("die", "after"))
    slow_end = told.pop("slow_end", 0.0)
    tell_of_starts(folder)

    def milestone() -> None:
        notes.note(folder, "milestone")
        time.sleep(slow_end)

    with Queue.open(queue.place(folder / "status"), kind) as opened:
        face = Face(milestone=milestone)
        opening = functools.partial(getattr(toys, told.pop("opening", "opened")), folder)
        report = batch.run(opened, opening, workshop.planned(**told), face)
    print(json.dumps(dataclasses.asdict(report), default=str))


def tell_of_starts(folder: Path) -> None:
    """Note each start of a worker, while it cannot yet do so itself."""
    start = SpawnProcess.start

    def told(process: SpawnProcess) -> None:
        start(process)
        notes.note(folder, "starts")

    SpawnProcess.start = told  # type: ignore[method-assign]


def die_at(number: int, when: str) -> None:
    """Have this process killed at one of its records."""
    append, seen = Journal.append, 0

    def deadly(journal: Journal, record: Record) -> None:
        nonlocal seen
        seen += 1
        if seen == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        append(journal, record)
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    if number:
        Journal.append = deadly  # type: ignore[method-assign]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
