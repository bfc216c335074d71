"""One batch over a queue of toys, as a process that a test can signal and kill.

    python -m tests.runner.script '{"folder": "...", "kind": "toy", ...}'

Next to the plan it knows `early` (workers that start before the queue is opened), `gated_open` (it
is not opened before a test opens the gate; each early worker that is ready by then is noted),
`patience` (seconds of inline work before the pool), `die_at` and `die` (kill this process "before"
or "after" its so many-th record), `slow_end` (seconds that the last milestone takes), `hangup`
(what is done about SIGHUP) and `opening` (which of the toys' openings it uses). It prints its
report as JSON.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.queue import queue
from mediakeep.queue.journal import Journal, JournalRecord
from mediakeep.queue.queue import Queue
from mediakeep.runner import batch, executors, worker_process
from mediakeep.runner.batch_config import BatchCallbacks
from mediakeep.runner.worker_process import WorkerProcess
from tests.runner import notes, toys, workshop


def main(data: dict[str, Any]) -> None:
    """Run the batch that is asked for."""
    # Whoever runs the tests in the background had these ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, data.pop("hangup", signal.SIG_DFL))
    folder, kind = Path(data.pop("folder")), toys.KINDS[data.pop("kind")]
    executors.INLINE_SECONDS = data.pop("patience", executors.INLINE_SECONDS)
    die_at(data.pop("die_at", 0), data.pop("die", "after"))
    slow_end = data.pop("slow_end", 0.0)
    log_starts(folder)

    def milestone() -> None:
        notes.note(folder, "milestone")
        time.sleep(slow_end)

    opening = functools.partial(getattr(toys, data.pop("opening", "open_worker")), folder)
    with worker_process.prestart_workers(lambda: opening, data.pop("early", 0)) as workers:
        if data.pop("gated_open", False):
            await_gate(folder, workers)
        with Queue.open(queue.locate_queue(folder / "status"), kind) as opened:
            face = BatchCallbacks(on_milestone=milestone)
            report = batch.run_batch(opened, opening, workshop.build_config(**data), face, workers)
    print(msgspec.json.encode(report, enc_hook=str).decode())


def await_gate(folder: Path, workers: Sequence[WorkerProcess]) -> None:
    """Wait until a test opens the gate, and note each worker whose message has arrived."""
    starting = list(workers)
    while not (folder / "gate").exists():
        for worker in [worker for worker in starting if worker.pipe.poll()]:
            starting.remove(worker)
            notes.note(folder, "ready")
        time.sleep(0.01)


def log_starts(folder: Path) -> None:
    """Note each start of a worker, while it cannot yet do so itself."""
    start = BaseProcess.start

    def told(process: BaseProcess) -> None:
        start(process)
        notes.note(folder, "starts")

    BaseProcess.start = told  # type: ignore[method-assign]


def die_at(number: int, when: str) -> None:
    """Have this process killed at one of its records."""
    append, seen = Journal.append, 0

    def deadly(journal: Journal, record: JournalRecord) -> None:
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
