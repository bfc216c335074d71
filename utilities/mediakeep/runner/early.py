"""Start workers before the batch, so that they get ready while the queue is being opened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mediakeep.outcome import Opening
from mediakeep.runner import hand
from mediakeep.runner.hand import Hand


@contextlib.contextmanager
def hands(worker_factory: Opening, count: int) -> Iterator[list[Hand]]:
    """Fork workers if possible; at the end of the block, those still running are shut down.

    A fork takes a millisecond, but keeps all open files of this process even after its death. So
    this is done before a queue, lock or database is opened.
    """
    started: list[Hand] = []
    try:
        if hand.can_fork():
            with contextlib.suppress(OSError):  # the pool starts the missing ones
                for _ in range(count):
                    started.append(hand.forked(worker_factory, started))
        yield started
    finally:
        hand.end([worker for worker in started if not worker.pipe.closed])
