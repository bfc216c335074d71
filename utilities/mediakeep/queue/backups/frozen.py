"""A queue as of one change, read without its lock: its state, and its history up to that change.

What a snapshot holds is in the history, synced, before the snapshot takes its place. So the
history up to the snapshot, and what its journal says since, are the history up to now.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep.kinds import Kind
from mediakeep.queue import binding, checkpoints, history, reading, snapshot
from mediakeep.queue.binding import Origin
from mediakeep.queue.journal import Record
from mediakeep.queue.queue import Queue
from mediakeep.queue.rewrite import Place
from mediakeep.queue.state import State


class Frozen(msgspec.Struct, frozen=True):
    """A queue's state, the last change of the snapshot that it was read from, and those since."""

    state: State
    since: int
    records: list[Record]


class Month(msgspec.Struct, frozen=True):
    """A file of the history: so many of its bytes, and what has to come behind them."""

    path: Path
    end: int
    more: bytes


def read(place: Place, kind: Kind) -> Frozen:
    """Read a queue with the changes that its history may lack; nobody is kept waiting.

    A file that a person has put in its place becomes the queue first. NoQueue where there is none.
    """
    if not checkpoints.remains(place.folder):
        raise reading.missing(place.folder, kind)
    path = place.folder / snapshot.FILE
    if not path.exists():  # the error tells how to get it back
        reading.state(place.folder, kind)

    def look() -> Frozen | None:
        loaded = snapshot.load(path, kind)
        bound = binding.bind(place.folder, loaded.head, loaded.digest)
        if bound.origin is Origin.OURS:
            state = State(kind, loaded.head, loaded.items)
            state.replay(bound.reading.records, bound.path)
            return Frozen(state, loaded.head.seq, bound.reading.records)
        if snapshot.identity(path) == loaded.stat:
            Queue.open(place, kind).close()
        return None

    return snapshot.patiently(path, look)


def months(folder: Path, frozen: Frozen) -> Iterator[Month]:
    """Give what the history of a frozen queue is, file by file."""
    more: dict[Path, list[bytes]] = {path: [] for path in history.paths(folder)}
    for record in frozen.records:
        if record.op not in history.PASSING:
            path = folder / history.FOLDER / f"{record.time[:7]}.jsonl"
            more.setdefault(path, []).append(history.line(record))
    for path in sorted(more):
        end = _end(path, frozen.since) if path.exists() else 0
        if end or more[path]:
            yield Month(path, end, b"".join(more[path]))


def _end(path: Path, since: int) -> int:
    """Return the offset behind the last event up to a change."""
    end = 0
    for offset, event in history.read(path):
        if event["seq"] > since:
            break
        end = offset
    return end
