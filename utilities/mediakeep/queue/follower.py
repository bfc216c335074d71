"""Read a queue repeatedly without its lock: only what has changed is read, even of a million items.

1. If the snapshot is unchanged, the new lines of the journal are applied.
2. If it was rewritten, the old journal is read to its end, then the one that continues it.
3. If that chain is broken (a restore, an edit, a repair, a long pause), everything is read again.

The result, and the errors raised, are always those of `readonly.load_state`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep.errors import MediakeepError
from mediakeep.kinds import Kind
from mediakeep.queue import journal, reading, snapshot
from mediakeep.queue.journal import Header, Record
from mediakeep.queue.snapshot import Stat
from mediakeep.queue.state import State

_TAIL = 64  # bytes before the offset; they contain the checksum of the last line


class Mark(msgspec.Struct, frozen=True):
    """How far a queue was read: the snapshot, and its journal if it has one."""

    stat: Stat
    path: Path | None = None
    offset: int = 0
    tail: bytes = b""  # the bytes before the offset


class Follower:
    """A reader of one queue that keeps its state between calls."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self._folder, self._kind = folder, kind
        self._file = folder / snapshot.FILE
        self._state: State | None = None
        self._mark: Mark | None = None

    def look(self) -> State:
        """Return the queue as of its last change, as a new object if everything was read again.

        Raise NoQueue if there is none, StateDamaged if it cannot be read.
        """
        if self.follow() and self._state is not None:
            return self._state
        self._state = self._mark = None
        view = reading.whole(self._folder, self._kind)
        self._state = view.state
        if view.path:
            self._mark = _mark(view.stat, view.path, view.offset)
        else:
            self._mark = Mark(view.stat)
        return view.state

    def tail(self) -> tuple[Record, ...]:
        """Return the records of the journal; the history contains at most the older ones."""
        path = self._mark.path if self._mark else None
        try:
            return tuple(journal.read(path).records) if path else ()
        except (OSError, MediakeepError):
            return ()  # just rewritten: the history has them

    @property
    def reached(self) -> object:
        """A value that changes whenever the queue does."""
        return self._mark

    def follow(self) -> bool:
        """Update the last returned state; return False if everything must be read again."""
        if self._state is None or self._mark is None:
            return False
        if not self._follow(self._state, self._mark):
            self._state = self._mark = None
        return self._state is not None

    def _follow(self, state: State, mark: Mark) -> bool:
        here = snapshot.identity(self._file)
        try:
            if mark.path and mark.tail != _before(mark.path, mark.offset):
                return False  # what was read was reverted or repaired
            if here == mark.stat:
                self._read_on(state, mark)
                return True
            return self._hop(state, mark, here)
        except (OSError, MediakeepError):
            return False

    def _read_on(self, state: State, mark: Mark) -> None:
        if mark.path is None or not _grown(mark.path, mark.offset):
            return
        added = journal.read(mark.path, mark.offset)
        state.replay(added.records, mark.path)
        self._mark = _mark(mark.stat, mark.path, added.end)

    def _hop(self, state: State, mark: Mark, here: Stat | None) -> bool:
        """Follow the journals from one snapshot to the current one."""
        if mark.path is None or here is None:
            return False
        self._read_on(state, mark)
        path = mark.path
        while successor := _successor(path, state.seq):
            path, header = successor
            entries = journal.read(path)
            if header.stat == here:
                return self._arrive(state, Mark(here, path))
            state.replay(entries.records, path)
        return False

    def _arrive(self, state: State, mark: Mark) -> bool:
        """Continue with a new snapshot: its items are known, its head and journal are new."""
        assert mark.path is not None
        loaded = snapshot.head(self._file, self._kind)
        if loaded is None or loaded[1] != mark.stat or loaded[0].seq != state.seq:
            return False
        state.head, state.settled = loaded[0], loaded[0].settled
        self._mark = _mark(mark.stat, mark.path, journal.start(mark.path))
        self._read_on(state, self._mark)
        return True


def _mark(stat: Stat, path: Path, offset: int) -> Mark:
    return Mark(stat, path, offset, _before(path, offset))


def _before(path: Path, offset: int) -> bytes:
    with path.open("rb") as stream:
        start = stream.seek(max(0, offset - _TAIL))
        return stream.read(offset - start)


def _grown(path: Path, offset: int) -> bool:
    """Return whether an offset is followed by anything but preallocated zeros."""
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(1) not in (b"", b"\0")


def _successor(path: Path, seq: int) -> tuple[Path, Header] | None:
    """Return the journal that continues another one, with its header, or None."""
    for other in path.parent.glob("*.jsonl"):
        header = journal.header(other)
        if header and header.previous == path.name and header.seq == seq:
            return other, header
    return None
