"""Read a queue again and again without its lock: each time only the changes are read.

1. If the snapshot is unchanged, the new lines of the journal are applied.
2. If it was rewritten, the old journal is read to its end, then the journal that continues it.
3. If that is not possible, as after a restore, edit or repair, everything is read again.

The result, and the errors raised, are always those of `readonly.load_state`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep.errors import MediakeepError
from mediakeep.kinds import Kind
from mediakeep.queue import journal, journal_lookup, readonly, snapshot
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.snapshot import FileIdentity
from mediakeep.queue.state import QueueState

_NOTHING = (b"", b"\0")  # the byte after a journal's data: none, or a preallocated zero
_TAIL_SIZE = 64  # bytes before the offset; they contain the checksum of the last line


class ReadPosition(msgspec.Struct, frozen=True):
    """How far a queue was read: the identity of its snapshot, and a byte offset in its journal.

    `path` is None if the snapshot has no journal.
    """

    stat: FileIdentity
    path: Path | None = None
    offset: int = 0
    tail: bytes = b""  # the bytes before the offset


class IncrementalReader:
    """A reader of one queue that keeps the queue in memory between calls."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self._folder, self._kind = folder, kind
        self._path = folder / snapshot.FILE
        self._state: QueueState | None = None
        self._position: ReadPosition | None = None

    def read(self) -> QueueState:
        """Return the queue as of its last change.

        The returned object is a new one only if everything was read again. Raise NoQueue if there
        is no queue, StateDamaged if it cannot be read.
        """
        if self.update() and self._state is not None:
            return self._state
        self._state = self._position = None
        view = readonly.load_state_and_position(self._folder, self._kind)
        self._state = view.state
        if view.path:
            self._position = _build_position(view.stat, view.path, view.offset)
        else:
            self._position = ReadPosition(view.stat)
        return view.state

    def read_journal(self) -> tuple[JournalRecord, ...]:
        """Return the records of the current journal, or () if it cannot be read.

        All older records are in the history.
        """
        path = self._position.path if self._position else None
        try:
            return tuple(journal.read(path).records) if path else ()
        except (OSError, MediakeepError):
            return ()  # just rewritten: the history has them

    @property
    def state(self) -> QueueState | None:
        """The queue that was read last, or None if it must be read again."""
        return self._state

    @property
    def position(self) -> object:
        """A value that differs from the last one whenever the queue has changed."""
        return self._position

    def update(self) -> bool:
        """Apply the latest changes to the queue that `read` returned last.

        Return False if everything must be read again.
        """
        if self._state is None or self._position is None:
            return False
        if not self._update_state(self._state, self._position):
            self._state = self._position = None
        return self._state is not None

    def _update_state(self, state: QueueState, position: ReadPosition) -> bool:
        identity = snapshot.file_identity(self._path)
        try:
            following = b""
            if position.path:
                tail, following = _read_around(position.path, position.offset)
                if tail != position.tail:
                    return False  # what was read was reverted or repaired
            if identity == position.stat:
                if following not in _NOTHING:
                    self._read_new_records(state, position)
                return True
            return self._follow_journals(state, position, identity)
        except (OSError, MediakeepError):
            return False

    def _read_new_records(self, state: QueueState, position: ReadPosition) -> None:
        if position.path is None or not has_new_bytes(position.path, position.offset):
            return
        added = journal.read(position.path, position.offset)
        state.replay_records(added.records, position.path)
        self._position = _build_position(position.stat, position.path, added.end)

    def _follow_journals(
        self, state: QueueState, position: ReadPosition, identity: FileIdentity | None
    ) -> bool:
        """Read the journals that lead from the last known snapshot to the current one.

        Return False if everything must be read again.
        """
        if position.path is None or identity is None:
            return False
        self._read_new_records(state, position)
        path = position.path
        while successor := journal_lookup.find_successor(path, state.seq):
            path, header = successor
            entries = journal.read(path)
            if header.stat == identity:
                return self._switch_snapshot(state, ReadPosition(identity, path))
            state.replay_records(entries.records, path)
        return False

    def _switch_snapshot(self, state: QueueState, position: ReadPosition) -> bool:
        """Continue with a new snapshot file whose items are known; only its head is read.

        Return False if everything must be read again.
        """
        assert position.path is not None
        loaded = snapshot.read_head(self._path, self._kind)
        if loaded is None or loaded[1] != position.stat or loaded[0].seq != state.seq:
            return False
        state.head, state.settled = loaded[0], loaded[0].settled
        self._position = _build_position(
            position.stat, position.path, journal.records_offset(position.path)
        )
        self._read_new_records(state, self._position)
        return True


def _build_position(stat: FileIdentity, path: Path, offset: int) -> ReadPosition:
    return ReadPosition(stat, path, offset, _read_around(path, offset)[0])


def _read_around(path: Path, offset: int) -> tuple[bytes, bytes]:
    """Return the bytes before an offset of a journal, and the one after it, b"" at the end."""
    with path.open("rb", buffering=0) as stream:
        start = stream.seek(max(0, offset - _TAIL_SIZE))
        found = stream.read(offset - start + 1)
    return found[: offset - start], found[offset - start :]


def has_new_bytes(path: Path, offset: int) -> bool:
    """Return whether a journal has data after a byte offset, other than preallocated zeros."""
    return _read_around(path, offset)[1] not in _NOTHING
