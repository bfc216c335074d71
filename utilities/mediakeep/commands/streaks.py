"""How many items in a row have failed, counted over batches: a nightly one may take but a few."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import msgspec

from mediakeep.item import Status
from mediakeep.queue import index
from mediakeep.queue.state import State


class Streak(msgspec.Struct, frozen=True):
    """Failures in a row, and the number of the change that they follow: the last success."""

    failures: int = 0
    since: int = 0

    def after(self, seq: int, *, failed: bool) -> Streak:
        """Return the streak after one more item has come out."""
        return Streak(self.failures + 1, self.since) if failed else Streak(0, seq)


def read(folder: Path, state: State) -> Streak:
    """Return how things stand in a queue.

    The history tells every try. What a killed batch did last is not in it yet: that is told by the
    items themselves, one try of each.
    """
    streak, last = _of_history(folder)
    newer = sorted(
        (item.settled, bool(item.error_message))
        for item in state.items.values()
        if item.settled > last
    )
    for seq, failed in newer:
        streak = streak.after(seq, failed=failed)
    return streak


def _of_history(folder: Path) -> tuple[Streak, int]:
    """Return the streak that the history tells of, and the number of its last settle."""
    failures, last = 0, 0
    query = "SELECT seq, state FROM event WHERE op = 'settle' ORDER BY seq DESC"
    # Where the index fails, the items alone are counted: the batch shall go on.
    with contextlib.suppress(OSError, sqlite3.Error), index.look(folder) as base:
        for seq, state in base.execute(query):
            last = last or seq
            if state != Status.ERROR.value:
                return Streak(failures, seq), last
            failures += 1
    return Streak(failures), last
