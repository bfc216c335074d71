"""The files of a queue: commit changes to the journal, and load them after a restart or a crash.

A commit is one synced line in the journal, whatever the size of the queue. Commits of other
processes are read from the same journal. If another process or the user replaced the snapshot, its
file identity differs. Then the journals that lead to it are read, or everything is read again.
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

from mediakeep import clock, kinds, size_text, step_log
from mediakeep.errors import MediakeepError, RecordNotWritten
from mediakeep.kinds import Kind
from mediakeep.queue import (
    checkpoints,
    compaction,
    journal,
    journal_lookup,
    lock,
    sessions,
    snapshot,
)
from mediakeep.queue.compaction import QueueLocation, SnapshotDraft
from mediakeep.queue.journal import Journal, JournalRecord
from mediakeep.queue.journal_lookup import JournalMatch, SnapshotOrigin
from mediakeep.queue.snapshot import FileIdentity, LoadedSnapshot
from mediakeep.queue.state import QueueState

LOCK_FILE = lock.FILE
REWRITE_SHARE = 20  # the snapshot is rewritten when this many times its cost has passed
REWRITE_LEAST = 1.0  # seconds; the minimum of that
LARGE_QUEUE = 100_000  # items; from here on, the snapshot is written before the lock is taken
_UNEXPECTED_FILE = (
    "The queue was replaced while it was being rewritten. The other file is kept as {}."
)


class QueueChange(msgspec.Struct, frozen=True):
    """A change of the queue to commit: its operation, the field changes of items, and facts.

    `items` maps item keys to JSON merge patches; None removes an item.
    """

    op: str
    items: Mapping[str, dict[str, Any] | None] = {}
    facts: dict[str, Any] = {}
    session: str = ""


ChangeDecider = Callable[[QueueState], QueueChange | None]


def _open_lock(folder: Path) -> int:
    return os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


class QueueStore:
    """Access of one process to the files of a queue; every change goes through `commit`."""

    state: QueueState

    def __init__(self, location: QueueLocation, kind: Kind, adopt: SnapshotAcceptor) -> None:
        self.kind = kind
        self.place = location
        self.path = location.folder / snapshot.FILE
        self._path_text = str(self.path)
        self.session = ""  # the session of this process, if any
        self.warnings: list[str] = []  # for the session log, or for the caller
        self._accept_snapshot = adopt  # called with a snapshot that the user replaced
        self._journal: Journal | None = None
        self._snapshot_identity: FileIdentity | None = None
        self._lock_path = str(location.folder / LOCK_FILE)
        self._lock_handle = _open_lock(location.folder)
        self._exclusive = False  # whether the lock is known to work
        self._last_rewrite, self._rewrite_seconds = time.monotonic(), 0.0
        self._follower: Any = None  # of the kind's class, once a change was committed
        self._follow_problem = ""  # that was reported last
        self._changed_meanwhile = False  # whether the last draft of a snapshot was outdated

    @contextlib.contextmanager
    def hold_lock(self) -> Iterator[None]:
        """Hold the lock of the queue for a `with` block.

        Raise LockingUnsupported if the file system has no locks. Errors of the block about damaged
        files get the command that helps.
        """
        self._acquire_lock()
        while not self._is_current_lock():
            os.close(self._lock_handle)
            self._lock_handle = _open_lock(self.place.folder)
            self._acquire_lock()
        if not self._exclusive:
            lock.check_lock_is_exclusive(self._lock_path)
            self._exclusive = True
        try:
            with checkpoints.explain_damage(self.place.folder, self.kind):
                yield
        finally:
            fcntl.flock(self._lock_handle, fcntl.LOCK_UN)

    def _acquire_lock(self) -> None:
        path = self._lock_path
        lock.acquire_lock(
            self._lock_handle,
            path,
            self.place.notice,
            partial(sessions.describe_lock_holder, self.place),
        )

    def _is_current_lock(self) -> bool:
        """Return whether the file locked by this process is still the lock file of the queue.

        The user may have removed the lock file.
        """
        try:
            return os.path.samestat(os.fstat(self._lock_handle), os.stat(self._lock_path))
        except FileNotFoundError:
            return False

    def commit(self, decide: ChangeDecider) -> JournalRecord | None:
        """Call `decide` with the newest state of the queue, and commit the change that it returns.

        Return the record of the change, or None if `decide` returned None.
        """
        with self.hold_lock():
            self.read_new_changes()
            change = decide(self.state)
            if change is None:
                return None
            record = self.build_record(change)
            items = self.state.build_changed_items(record.items, record.op)
            verb = "Would commit" if self.place.dry_run else "Commit"
            count = size_text.format_count(len(items), "item")
            step_log.log_step(f"{verb} {record.op} to {self._path_text}: {count}")
            if self.place.dry_run:
                self.state.apply_record(record, items)
                return record
            self._require_journal().append(record)
            self.state.apply_record(record, items)
            write_draft_first = self._is_large() and not self._changed_meanwhile
            if self._is_rewrite_due() and not write_draft_first:
                self.try_rewrite_snapshot()
        if self._is_rewrite_due() and write_draft_first:
            try:
                self._rewrite_with_draft()
            except (OSError, MediakeepError) as error:  # the change itself is in the journal
                self._warn_not_rewritten(error)
        if self.kind.follower:
            self._follow(record)
        return record

    def _follow(self, record: JournalRecord) -> None:
        """Let the exports of the queue follow a change; if that fails, only add a warning."""
        try:
            self._follower = self._follower or kinds.load(self.kind.follower)(self.place.folder)
            self._follower.follow(self.state, record)
            self._follow_problem = ""
        except Exception as error:  # noqa: BLE001 - the change itself is recorded
            former, self._follow_problem = self._follow_problem, f"{error}"
            if former != self._follow_problem:
                text = f"The exports of {self.kind.name} are not up to date: {error}"
                self.warnings.append(f"{text}. The next change brings them up to date.")

    def build_record(self, change: QueueChange) -> JournalRecord:
        """Return the journal record of a change, with its number and time."""
        return JournalRecord(
            seq=self.state.seq + 1,
            time=clock.format_iso(self.place.now()),
            op=change.op,
            session=change.session or self.session,
            items=dict(change.items),
            facts=change.facts,
        )

    def read_new_changes(self) -> None:
        """Read the changes that other processes or the user made; a dry run reads them only once.

        The caller must hold the lock of the queue.
        """
        current = self._journal
        if self._is_current() or (self.place.dry_run and self._snapshot_identity):
            return
        try:
            self._read_changes(current)
        except BaseException:
            self._journal = None  # may be half applied: next time everything is read again
            if current:
                current.close()
            raise

    def _require_journal(self) -> Journal:
        assert self._journal is not None
        return self._journal

    def _is_current(self) -> bool:
        """Return whether no process, nor the user, has changed the queue since it was read."""
        return bool(
            self._journal
            and self.snapshot_identity() == self._snapshot_identity
            and not self._journal.has_unread_data()
        )

    def _read_changes(self, current: Journal | None) -> None:
        if current and self.snapshot_identity() == self._snapshot_identity:
            reading = journal.read(current.path, current.end)
            self.state.replay_records(reading.records, current.path)
            current.resume_after(reading)
        elif not (current and self._follow_journals(current)):
            self.load()

    def snapshot_identity(self) -> FileIdentity | None:
        """Return device, inode, size and mtime (ns) of the snapshot, or None if there is none."""
        return snapshot.file_identity(self._path_text)

    def _follow_journals(self, current: Journal) -> bool:
        """Read the journals that lead to the current snapshot, which other processes rewrote.

        Return False if that is not possible and everything must be read again.
        """
        identity, path = self.snapshot_identity(), current.path
        try:
            self.state.replay_records(journal.read(path, current.end).records, path)
            while successor := journal_lookup.find_successor(path, self.state.seq):
                path, header = successor
                reading = journal.read(path)
                self.state.replay_records(reading.records, path)
                if header.stat == identity:
                    self._use_journal(Journal(path, reading.end), identity)
                    return True
        except (OSError, MediakeepError):
            return False  # just pruned or replaced: everything is read again
        return False

    def load(self) -> None:
        """Read the whole queue from the disk, and finish what a crash interrupted.

        A dry run only reads. The caller must hold the lock of the queue.
        """
        path = self.path
        # again while the user's `cp` is writing it
        loaded = snapshot.read_until_stable(path, lambda: snapshot.load(path, self.kind))
        journal_match = journal_lookup.find_journal(self.place.folder, loaded.head, loaded.digest)
        if journal_match.origin is not SnapshotOrigin.OURS:
            return self._accept_snapshot(self, loaded, journal_match)
        state = QueueState(self.kind, loaded.head, loaded.items)
        state.replay_records(journal_match.content.records, journal_match.path)
        if self.place.dry_run:
            self.preview_state(state, loaded.stat)
            return None
        self.state = state
        self._use_journal(Journal(journal_match.path, journal_match.content.end), loaded.stat)
        if not journal_lookup.previous_snapshot_path(journal_match.path).exists():
            self.try_rewrite_snapshot()  # after a crash between the two writes of an install
        return None

    def _use_journal(self, current: Journal, stat: FileIdentity) -> None:
        """Continue with a journal; seal the previous journal if a crash left it unsealed."""
        if self._journal:
            self._journal.close()
        self._journal, self._snapshot_identity = current, stat
        self._last_rewrite = time.monotonic()
        if current.has_unread_data():
            current.truncate()
        unexpected = compaction.finish_interrupted_compaction(current.path, self.place)
        self.warnings.extend(map(_UNEXPECTED_FILE.format, unexpected))

    def preview_state(self, state: QueueState, seen: FileIdentity) -> None:
        """Use a state in a dry run, in place of the snapshot file with the identity `seen`."""
        self.state, self._snapshot_identity = state, seen

    def install_state(self, state: QueueState, seen: FileIdentity | None) -> None:
        """Make a state the queue, in place of the snapshot file with the identity `seen`.

        `seen` is None if there is no file. The snapshot is written twice, so that there is a
        previous snapshot too. This removes unsealed journals, so their records are appended to the
        history first.
        """
        compaction.append_unsealed_to_history(self.place.folder)
        if self._journal:
            self._journal.close()
        self.state, self._journal = state, None
        self._snapshot_identity = seen
        self.rewrite_snapshot()
        self.rewrite_snapshot()

    def rewrite_snapshot(self, draft: SnapshotDraft | None = None) -> None:
        """Rewrite the snapshot with all changes of the journal, and start a new journal.

        `draft` is the new snapshot if it is written already. The caller must hold the lock of the
        queue. An OSError leaves everything unchanged.
        """
        started = time.monotonic()
        pair = compaction.compact_journal(
            self.state, self.place, self._journal, self._snapshot_identity, draft
        )
        self.state.head = pair.head
        self._journal, self._snapshot_identity = pair.journal, pair.stat
        self._last_rewrite, self._changed_meanwhile = time.monotonic(), False
        self._rewrite_seconds = self._last_rewrite - started
        if pair.unexpected_file:
            self.warnings.append(_UNEXPECTED_FILE.format(pair.unexpected_file))

    def _is_rewrite_due(self) -> bool:
        due = max(REWRITE_LEAST, REWRITE_SHARE * self._rewrite_seconds)
        return time.monotonic() - self._last_rewrite > due

    def _is_large(self) -> bool:
        return len(self.state.items) >= LARGE_QUEUE

    def _rewrite_with_draft(self) -> bool:
        """Rewrite the snapshot of a large queue, and hold the lock only for the end of it.

        So other processes can commit while the snapshot is written. If one did, return False, with
        nothing rewritten: the next rewrite then holds the lock, so that it cannot fail in the same
        way. The caller must not hold the lock of the queue.
        """
        started = time.monotonic()
        try:
            draft = compaction.write_draft(self.state, self.place)
        except OSError as error:
            self._warn_not_rewritten(error)
            return True
        try:
            with self.hold_lock():
                self._changed_meanwhile = not (self._is_current() and draft.exists())
                if self._changed_meanwhile:
                    return False
                self.try_rewrite_snapshot(draft)
        finally:
            draft.remove()
        self._rewrite_seconds = time.monotonic() - started
        return True

    def try_rewrite_snapshot(self, draft: SnapshotDraft | None = None) -> None:
        """Rewrite the snapshot; if that fails, only add a warning.

        Every change is in the journal already, so a full disk only leaves the snapshot outdated.
        """
        try:
            self.rewrite_snapshot(draft)
        except (OSError, RecordNotWritten) as error:  # the latter if there is no space for the seal
            self._warn_not_rewritten(error)

    def _warn_not_rewritten(self, error: Exception) -> None:
        self._last_rewrite = time.monotonic()
        self.warnings.append(
            f"{self.path} could not be rewritten: {error}. This is tried again later."
        )

    def close(self) -> None:
        """Write the changes in the journal to the snapshot, and close the files of the queue."""
        try:
            if self._journal and not self.place.dry_run:
                self.refresh_snapshot()
        finally:
            os.close(self._lock_handle)
            if self._journal:
                self._journal.close()
            if self._follower:
                self._follower.close()

    def refresh_snapshot(self, *, always: bool = False) -> None:
        """Rewrite the snapshot if the journal has records, or `always`."""
        with self.hold_lock():
            self.read_new_changes()
            current = self._require_journal()
            if not always and current.end == journal.records_offset(current.path):
                return
            if not self._is_large():
                self.try_rewrite_snapshot()
                return
        if not self._rewrite_with_draft():
            with self.hold_lock():
                self.read_new_changes()
                self.try_rewrite_snapshot()

    def refresh_snapshot_if_due(self) -> None:
        """Rewrite the snapshot if the journal has records, but not too often."""
        if self._is_rewrite_due():
            self.refresh_snapshot()


SnapshotAcceptor = Callable[[QueueStore, LoadedSnapshot, JournalMatch], None]
