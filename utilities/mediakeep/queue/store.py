"""The files of a queue: commits to the journal, and loading after a restart or a crash.

A commit is one synced line in the journal, independent of the size of the queue. Commits of other
processes are read from the same journal. If the snapshot was replaced, by them or by the user, its
file identity differs; then the journals are followed, or everything is read again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import clock
from mediakeep.errors import MediakeepError, RecordNotWritten, SnapshotDamaged
from mediakeep.kinds import Kind
from mediakeep.queue import binding, checkpoints, journal, lock, rewrite, sessions, snapshot
from mediakeep.queue.binding import Binding, Origin
from mediakeep.queue.journal import Header, Journal, Record
from mediakeep.queue.rewrite import Place
from mediakeep.queue.snapshot import Loaded, Stat
from mediakeep.queue.state import State

LOCK = lock.FILE
REWRITE_SHARE = 20  # the snapshot is rewritten when this many times its cost has passed
REWRITE_LEAST = 1.0  # seconds; the minimum of that
_UNSEEN = "The queue was replaced while it was being rewritten. The other file is kept as {}."


class Change(msgspec.Struct, frozen=True):
    """A change to commit: merge patches of items (None removes one), and facts."""

    op: str
    items: Mapping[str, dict[str, Any] | None] = {}
    facts: dict[str, Any] = {}
    session: str = ""


Decide = Callable[[State], Change | None]


def _lock(folder: Path) -> int:
    return os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


class Store:
    """Access of one process to the files of a queue; every change goes through `commit`."""

    state: State

    def __init__(self, place: Place, kind: Kind, adopt: Adopt) -> None:
        self.kind = kind
        self.place = place
        self.path = place.folder / snapshot.FILE
        self._file = str(self.path)
        self.session = ""  # the session of this process, if any
        self.warnings: list[str] = []  # for the session log, or for the caller
        self._adopt = adopt  # called with a snapshot that the user replaced
        self._journal: Journal | None = None
        self._stat: Stat | None = None
        self._lock_path = str(place.folder / LOCK)
        self._lock = _lock(place.folder)
        self._exclusive = False  # whether the lock is known to work
        self._rewritten, self._cost = time.monotonic(), 0.0

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the queue; raise LockingUnsupported if the file system has no locks."""
        self._acquire()
        while not self._is_the_lock():
            os.close(self._lock)
            self._lock = _lock(self.place.folder)
            self._acquire()
        if not self._exclusive:
            lock.require_exclusive(self._lock_path)
            self._exclusive = True
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _acquire(self) -> None:
        path = self._lock_path
        lock.acquire(self._lock, path, self.place.notice, partial(sessions.holder_text, self.place))

    def _is_the_lock(self) -> bool:
        """Return whether the locked file is still the lock file: a user may have removed it."""
        try:
            return os.path.samestat(os.fstat(self._lock), os.stat(self._lock_path))
        except FileNotFoundError:
            return False

    def commit(self, decide: Decide) -> Record | None:
        """Call `decide` with the newest state and commit its change.

        Return the record, or None if there is nothing to change.
        """
        with self.locked():
            current = self.follow()
            change = decide(self.state)
            if change is None:
                return None
            record = self.record(change)
            items = self.state.preview(record.items)
            current.append(record)
            self.state.accept(record, items)
            self._rewrite_if_due()
            return record

    def record(self, change: Change) -> Record:
        """Return the record of a change, with its number and time."""
        return Record(
            seq=self.state.seq + 1,
            time=clock.text(self.place.now()),
            op=change.op,
            session=change.session or self.session,
            items=dict(change.items),
            facts=change.facts,
        )

    def follow(self) -> Journal:
        """Read the changes that other processes or the user made; the lock is held."""
        current = self._journal
        if current and self.identity() == self._stat and not current.behind():
            return current
        try:
            self._catch_up(current)
        except BaseException:
            self._journal = None  # may be half applied: next time everything is read again
            if current:
                current.close()
            raise
        assert self._journal is not None
        return self._journal

    def _catch_up(self, current: Journal | None) -> None:
        if current and self.identity() == self._stat:
            reading = journal.read(current.path, current.end)
            self.state.replay(reading.records, current.path)
            current.settle(reading)
        elif not (current and self._hop(current)):
            self.load()

    def identity(self) -> Stat | None:
        """Return the file identity of the current snapshot, or None if there is none."""
        return snapshot.identity(self._file)

    def _hop(self, current: Journal) -> bool:
        """Follow the journals over rewrites by other processes; False if the chain is broken."""
        identity, path = self.identity(), current.path
        try:
            self.state.replay(journal.read(path, current.end).records, path)
            while successor := self._successor(path):
                path, header = successor
                reading = journal.read(path)
                self.state.replay(reading.records, path)
                if header.stat == identity:
                    self._settle_on(Journal(path, reading.end), identity)
                    return True
        except (OSError, MediakeepError):
            return False  # just pruned or replaced: everything is read again
        return False

    def _successor(self, path: Path) -> tuple[Path, Header] | None:
        for other in path.parent.glob("*.jsonl"):
            header = journal.header(other)
            if header and header.previous == path.name and header.seq == self.state.seq:
                return other, header
        return None

    def load(self) -> None:
        """Read everything from the disk, and finish what a crash interrupted; the lock is held."""
        loaded = self._read_snapshot()
        bound = binding.bind(self.place.folder, loaded.head, loaded.digest)
        if bound.origin is not Origin.OURS:
            return self._adopt(self, loaded, bound)
        state = State(self.kind, loaded.head, loaded.items)
        state.replay(bound.reading.records, bound.path)
        self.state = state
        self._settle_on(Journal(bound.path, bound.reading.end), loaded.stat)
        if not binding.before(bound.path).exists():
            self.fold()  # after a crash between the two writes of an install
        return None

    def _read_snapshot(self) -> Loaded:
        """Read the snapshot; wait while a `cp` is writing it."""
        try:
            return snapshot.patiently(self.path, lambda: snapshot.load(self.path, self.kind))
        except SnapshotDamaged as error:
            cure = checkpoints.cure(self.place.folder, self.kind)
            raise SnapshotDamaged(*error.args[:2], cure) from error

    def _settle_on(self, current: Journal, stat: Stat) -> None:
        """Continue with this journal; seal the previous one if a crash left it open."""
        if self._journal:
            self._journal.close()
        self._journal, self._stat = current, stat
        self._rewritten = time.monotonic()
        if current.behind():
            current.cut()
        strangers = rewrite.tidy(current.path, self.place)
        self.warnings.extend(map(_UNSEEN.format, strangers))

    def install(self, state: State, seen: Stat | None) -> None:
        """Make a state the queue, in place of the file with the identity `seen` (None: no file).

        It is written twice, so that there is a previous snapshot, too. That prunes the unsealed
        journals, so their records are appended to the history first.
        """
        rewrite.absorb_unsealed(self.place.folder)
        if self._journal:
            self._journal.close()
        self.state, self._journal = state, None
        self._stat = seen
        self.rewrite()
        self.rewrite()

    def rewrite(self) -> None:
        """Rewrite the snapshot; the lock is held. An OSError leaves everything unchanged."""
        started = time.monotonic()
        pair = rewrite.run(self.state, self.place, self._journal, self._stat)
        self.state.head = pair.head
        self._journal, self._stat = pair.journal, pair.stat
        self._rewritten = time.monotonic()
        self._cost = self._rewritten - started
        if pair.stranger:
            self.warnings.append(_UNSEEN.format(pair.stranger))

    def _rewrite_if_due(self) -> None:
        due = max(REWRITE_LEAST, REWRITE_SHARE * self._cost)
        if time.monotonic() - self._rewritten > due:
            self.fold()

    def fold(self) -> None:
        """Rewrite the snapshot; a failure is only a warning.

        Every change is in the journal already, so a full disk only leaves the snapshot outdated.
        """
        try:
            self.rewrite()
        except (OSError, RecordNotWritten) as error:  # the latter if there is no space for the seal
            self._rewritten = time.monotonic()
            self.warnings.append(
                f"{self.path} could not be rewritten: {error}. This is tried again later."
            )

    def close(self) -> None:
        """Rewrite the snapshot if necessary, and close the files."""
        try:
            if self._journal:
                self.freshen()
        finally:
            os.close(self._lock)
            if self._journal:
                self._journal.close()

    def freshen(self) -> None:
        """Rewrite the snapshot if the journal has records."""
        with self.locked():
            current = self.follow()
            if current.end > journal.start(current.path):
                self.fold()

    def freshen_if_due(self) -> None:
        """Call `refresh_snapshot`, but no more often than commits rewrite the snapshot."""
        if time.monotonic() - self._rewritten > max(REWRITE_LEAST, REWRITE_SHARE * self._cost):
            self.freshen()


Adopt = Callable[[Store, Loaded, Binding], None]
