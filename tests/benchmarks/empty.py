"""Work that is no work: what remains is the cost of having it done."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mediakeep.outcome import Outcome, Progress, Work, Worker

PID = "pid"


def nothing(work: Work, progress: Progress) -> Outcome:
    """Do nothing, and say in which process."""
    return Outcome(message="nothing was done", facts={PID: os.getpid()})


@contextmanager
def opened() -> Iterator[Worker]:
    """Give a process its worker."""
    yield nothing


@contextmanager
def opened_slowly(first: str, seconds: float) -> Iterator[Worker]:
    """The same, but one item takes long enough to have the pool started."""

    def work(task: Work, progress: Progress) -> Outcome:
        if task.stamp.key == first:
            time.sleep(seconds)
        return nothing(task, progress)

    yield work
