"""Workers that start before their batch does, and get ready while the queue is being opened.

They are forked, which takes a millisecond. So it is done as long as this process has nothing open
that they would hold beyond its death: no queue, no lock, no base.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mediakeep.outcome import Opening
from mediakeep.runner import hand
from mediakeep.runner.hand import Hand


@contextlib.contextmanager
def hands(opening: Opening, count: int) -> Iterator[list[Hand]]:
    """Start workers where this process can be copied; at the end those go that are still here."""
    started: list[Hand] = []
    try:
        if hand.can_fork():
            with contextlib.suppress(OSError):  # the pool starts those that it lacks
                for _ in range(count):
                    started.append(hand.forked(opening, started))
        yield started
    finally:
        hand.end([one for one in started if not one.pipe.closed])
