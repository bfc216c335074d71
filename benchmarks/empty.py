"""Work that is no work: what remains is the cost of having it done."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mediakeep.outcome import Outcome, Progress, Work, Worker

PID = "pid"


def nothing(work: Work, progress: Progress, slow: str = "", seconds: float = 0.0) -> Outcome:
    """Do nothing, and say in which process; one item takes a while, to have a pool started."""
    if slow and work.stamp.key == slow:
        time.sleep(seconds)
    return Outcome(message="nothing was done", facts={PID: os.getpid()})


@contextmanager
def opened(slow: str = "", seconds: float = 0.0) -> Iterator[Worker]:
    """Give a process its worker."""
    yield functools.partial(nothing, slow=slow, seconds=seconds)
