"""Count failures in a row over several batches, as a nightly batch may process only a few items."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import msgspec

from mediakeep.item import Status
from mediakeep.queue import index
from mediakeep.queue.state import State


class Streak(msgspec.Struct, frozen=True):
    """Failures in a row, and the sequence number of the last success before them."""

    failures: int = 0
    since: int = 0

    def after(self, seq: int, *, failed: bool) -> Streak:
        """Return the streak after one more item."""
        return Streak(self.failures + 1, self.since) if failed else Streak(0, seq)


def read(folder: Path, state: State) -> Streak:
    """Return the current streak of a queue.

    The history has every attempt. What a killed batch did last is not in it yet; that comes from
    the items, one attempt each.
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
    """Return the streak in the history, and the sequence number of its last settle."""
    failures, last = 0, 0
    query = "SELECT seq, state FROM event WHERE op = 'settle' ORDER BY seq DESC"
    # If the index fails, count the items alone, as the batch must continue.
    with contextlib.suppress(OSError, sqlite3.Error), index.look(folder) as base:
        for seq, state in base.execute(query):
            last = last or seq
            if state != Status.ERROR.value:
                return Streak(failures, seq), last
            failures += 1
    return Streak(failures), last
