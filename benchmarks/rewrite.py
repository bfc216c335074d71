"""The snapshot rewritten: what one rewrite costs, and its share of a busy writer's time."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import msgspec

from benchmarks import rounds, stock, table
from benchmarks.rounds import Durations, Times
from mediakeep.music.item import MUSIC
from mediakeep.queue import checkpoints, snapshot, store
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue

_REWRITES = 3  # that a busy writer is watched for


class Subject:
    """A queue of completed artists of one size."""

    def __init__(self, home: Path, size: int) -> None:
        self._size, self._home = size, home
        self._queue = stock.queue(home, size, stock.completed)
        self._path = stock.folder(home) / snapshot.FILE

    def rewrite(self) -> dict[str, Durations]:
        """Write the snapshot again."""
        with self._queue._store.hold_lock():
            return {"rewrite": rounds.once(self._queue._store.rewrite_snapshot)}

    def bytes(self) -> dict[str, Durations]:
        """Write as many bytes to a file, sync, and rename it over the last one."""
        data = self._path.read_bytes()
        return {"bytes": rounds.once(lambda: self._replace(data))}

    def dump(self) -> dict[str, Durations]:
        """Write the same items with the standard library."""
        items = msgspec.to_builtins(self._queue.state.items)
        return {"dump": rounds.once(lambda: self._replace(json.dumps(items, indent=2).encode()))}

    def checkpoint(self) -> dict[str, Durations]:
        """Write a checkpoint, and remove the one before it as surplus."""
        return {
            "checkpoint": rounds.once(self._queue.write_checkpoint),
            "prune": rounds.once(
                lambda: checkpoints.prune_checkpoints(stock.folder(self._home), MUSIC, 1)
            ),
        }

    def _replace(self, data: bytes) -> None:
        temporary = self._home / "temporary"
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(self._home / "other")

    def busy(self, count: int) -> Durations:
        """Commit without a pause until so many rewrites were due; return what those commits took.

        The last figure is the time of all, from the end of a rewrite to the end of another.
        """
        claim = _claim(self._queue)
        self.rewrite()
        rewrites: Durations = []
        began = last = time.perf_counter()
        while len(rewrites) < count:
            before = self._queue.state.head.generation
            self._queue.update_claimed_item(claim, "part", {"note": str(last)})
            now = time.perf_counter()
            if self._queue.state.head.generation != before:
                rewrites.append(now - last)
            last = now
        return [*rewrites, last - began]


def _claim(queue: Queue) -> Claim:
    queue.begin_session()
    return queue.claim_by_key(stock.artist_name(0))[0]


def run(home: Path, *, full: bool) -> None:
    """Measure at 1,000 to 100,000 items, in full at a million too."""
    sizes = [1_000, 10_000, 100_000, *([1_000_000] if full else [])]
    measured = [(size, *_measure(home / str(size), size)) for size in sizes]
    table.show(
        "A rewrite of the snapshot; stall, interval and share are of a writer that never pauses",
        ("items", "rewrite s", "to bytes+fsync", "to json.dumps", "stall s", "every s", "share"),
        [_rewrite(size, times, busy) for size, times, busy in measured],
        f"The share is bounded by design: a rewrite is due after {store.REWRITE_SHARE} times the",
        f"cost of the last one, but at least {store.REWRITE_LEAST:g} s: 1 part in 21, or 4.8 %.",
    )
    table.show(
        "A checkpoint, and the removal of an old one",
        ("items", "checkpoint s", "prune s", "due every", "ms an item"),
        [_checkpoint(size, times) for size, times, _ in measured],
    )


def _measure(home: Path, size: int) -> tuple[Times, Durations]:
    subject = Subject(home, size)
    few = size >= 1_000_000
    cases = [subject.rewrite, subject.bytes, subject.dump, subject.checkpoint]
    times = rounds.run(cases, 2 if few else 5, warm=not few)
    return times, subject.busy(_REWRITES if size < 100_000 else 1)


def _rewrite(size: int, times: Times, watched: Durations) -> list[str]:
    rewrite = rounds.whole(times["rewrite"])
    *stalls, busy = watched
    return [
        f"{size:,}",
        table.spread(rewrite, 3),
        table.spread(rounds.ratio(rewrite, rounds.whole(times["bytes"])), 1),
        table.spread(rounds.ratio(rewrite, rounds.whole(times["dump"])), 2),
        f"{max(stalls):.3f}",
        f"{busy / len(stalls):.1f}",
        f"{sum(stalls) / busy:.1%}",
    ]


def _checkpoint(size: int, times: Times) -> list[str]:
    written, pruned = rounds.whole(times["checkpoint"]), rounds.whole(times["prune"])
    every = 50 if size <= checkpoints.LARGE_QUEUE else size // 100
    both = [sum(pair) for pair in zip(written, pruned, strict=True)]
    return [
        f"{size:,}",
        table.spread(written, 3),
        table.spread(pruned, 3),
        f"{every:,}",
        table.middle(both, 2, 1e3 / every),
    ]
