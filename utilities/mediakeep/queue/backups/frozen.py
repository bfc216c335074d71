"""Read a queue and its history as of one change, without the lock.

All changes of a snapshot are in the history, synced, before the snapshot replaces the old one. So
the history up to the snapshot, plus the records of its journal, is the history up to now.
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
    """The state of a queue, the last change in its snapshot, and the records since then."""

    state: State
    since: int
    records: list[Record]


class Month(msgspec.Struct, frozen=True):
    """A file of the history: its first `end` bytes, and the lines to append to them."""

    path: Path
    end: int
    more: bytes


def read(place: Place, kind: Kind) -> Frozen:
    """Read a queue and the records that its history may lack, without blocking anyone.

    A file that the user put in its place is accepted first. Raise NoQueue if there is none.
    """
    if not checkpoints.remains(place.folder):
        raise reading.missing(place.folder, kind)
    path = place.folder / snapshot.FILE
    if not path.exists():  # raises an error with the fix
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
    """Yield the files of the history as of the change at which the queue was read."""
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
    """Return the offset after the last event up to change `since`."""
    end = 0
    for offset, event in history.read(path):
        if event["seq"] > since:
            break
        end = offset
    return end
