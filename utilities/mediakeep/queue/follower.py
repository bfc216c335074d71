"""Following a queue without its lock: of a million items only what has changed is read.

1. Where the snapshot is still the file that was seen, the journal's new lines are taken in.
2. Where it was rewritten, the old journal is read to its end, and the one that goes on from there.
3. Where that chain breaks (a restore, an edit, a repair, too long a pause), all is read anew.

So a follower always shows what `reading.state` would, and raises what that raises.
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

_TAIL = 64  # bytes before the place that was read up to; each line's checksum is among them


class Mark(msgspec.Struct, frozen=True):
    """How far a follower has read: the snapshot, and its journal where it has one."""

    stat: Stat
    path: Path | None = None
    offset: int = 0
    tail: bytes = b""  # what stood before the offset


class Follower:
    """One reader of one queue."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self._folder, self._kind = folder, kind
        self._file = folder / snapshot.FILE
        self._state: State | None = None
        self._mark: Mark | None = None

    def look(self) -> State:
        """Return the queue as of its last change; a state of its own where all was read anew.

        NoQueue where there is none; StateDamaged where it cannot be read.
        """
        if self.follow() and self._state is not None:
            return self._state
        self._state = self._mark = None
        found = reading.whole(self._folder, self._kind)
        self._state = found.state
        if found.path:
            self._mark = _mark(found.stat, found.path, found.offset)
        else:
            self._mark = Mark(found.stat)
        return found.state

    def tail(self) -> tuple[Record, ...]:
        """Return the records of the journal, of which the history knows the older ones at most."""
        path = self._mark.path if self._mark else None
        try:
            return tuple(journal.read(path).records) if path else ()
        except (OSError, MediakeepError):
            return ()  # rewritten just now: then the history has them

    @property
    def reached(self) -> object:
        """What changes whenever the queue does."""
        return self._mark

    def follow(self) -> bool:
        """Bring the state that was last returned up to date; False where all must be read anew."""
        if self._state is None or self._mark is None:
            return False
        if not self._follow(self._state, self._mark):
            self._state = self._mark = None
        return self._state is not None

    def _follow(self, state: State, mark: Mark) -> bool:
        here = snapshot.identity(self._file)
        try:
            if mark.path and mark.tail != _before(mark.path, mark.offset):
                return False  # what was read has been taken back, or repaired
            if here == mark.stat:
                self._read_on(state, mark)
                return True
            return self._hop(state, mark, here)
        except (OSError, MediakeepError):
            return False

    def _read_on(self, state: State, mark: Mark) -> None:
        if mark.path is None or not _grown(mark.path, mark.offset):
            return
        found = journal.read(mark.path, mark.offset)
        state.replay(found.records, mark.path)
        self._mark = _mark(mark.stat, mark.path, found.end)

    def _hop(self, state: State, mark: Mark, here: Stat | None) -> bool:
        """Follow the journals from one snapshot to the one that lies there now."""
        if mark.path is None or here is None:
            return False
        self._read_on(state, mark)
        path = mark.path
        while found := _successor(path, state.seq):
            path, header = found
            entries = journal.read(path)
            if header.stat == here:
                return self._arrive(state, Mark(here, path))
            state.replay(entries.records, path)
        return False

    def _arrive(self, state: State, mark: Mark) -> bool:
        """Go on with a snapshot whose items are known: its head and its journal are new."""
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
    """Tell whether anything but room for more stands behind an offset."""
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(1) not in (b"", b"\0")


def _successor(path: Path, seq: int) -> tuple[Path, Header] | None:
    """Return the journal that goes on where another ended, with its header."""
    for other in path.parent.glob("*.jsonl"):
        header = journal.header(other)
        if header and header.previous == path.name and header.seq == seq:
            return other, header
    return None
