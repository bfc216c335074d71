"""Rewrite the queue's snapshot with all changes of its journal, and start a new journal.

1. The records of the old journal are appended to the history, synced.
2. The new snapshot is written next to the old one, synced.
3. A new journal, whose header names the new snapshot, is written and synced.
4. The new snapshot is renamed over the old one, and the folder is synced.
5. The old snapshot is moved next to the old journal, and that journal is sealed.

A crash before step 4 leaves the old snapshot and journal valid; a crash after step 4, the new ones.
The next writer then seals the old journal.

Step 2 takes seconds for a large queue, so `write_draft` may do it before the caller takes the lock
of the queue. If the queue has changed since, the caller must not use the draft.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from mediakeep import atomic_files, clock, home_folder, untrusted_files
from mediakeep.errors import RecordNotWritten, StateDamaged
from mediakeep.queue import journal, journal_lookup, snapshot
from mediakeep.queue.history import event_log
from mediakeep.queue.journal import SEAL, Journal, JournalHeader, JournalRecord
from mediakeep.queue.journal_lookup import JOURNAL_FOLDER
from mediakeep.queue.snapshot import FileIdentity, SnapshotHead
from mediakeep.queue.state import QueueState

ASIDE_FOLDER = "aside"


def _ignore_notice(_: str) -> None:
    """Ignore the message."""


class QueueLocation(msgspec.Struct, frozen=True):
    """The folder of a queue, its clock, and the id of the machine that works on it.

    `notice` is called with messages that the user should see at once, such as who holds the lock.
    With `dry_run`, changes are made in memory only.
    """

    folder: Path
    now: clock.Clock
    host: str
    notice: Callable[[str], object] = _ignore_notice
    dry_run: bool = False

    @property
    def home(self) -> Path:
        """The home of the queue."""
        return home_folder.find_queue_home(self.folder)

    def file_timestamp(self) -> str:
        """Return the current time in the form used in file names."""
        return self.now().strftime("%Y-%m-%dT%H%M%S")


class SnapshotDraft(msgspec.Struct, frozen=True):
    """A new snapshot, written and synced under a temporary name."""

    head: SnapshotHead
    path: Path
    digest: str
    stat: FileIdentity

    def exists(self) -> bool:
        """Return whether the file is still there: rewrites of other processes remove it."""
        return snapshot.file_identity(self.path) == self.stat

    def remove(self) -> None:
        """Remove the file if it still has its temporary name."""
        with contextlib.suppress(OSError):
            self.path.unlink()


class SnapshotAndJournal(msgspec.Struct, frozen=True):
    """A snapshot and the journal with the changes after it."""

    head: SnapshotHead
    stat: FileIdentity
    journal: Journal
    unexpected_file: Path | None  # an unexpected file that was in its place, moved to aside/


def build_snapshot_head(
    state: QueueState, location: QueueLocation, generation: int
) -> SnapshotHead:
    """Return the head of a new full copy of the queue: everything but its items, with a new id."""
    return msgspec.structs.replace(
        state.head,
        generation=generation,
        snapshot_id=os.urandom(8).hex(),
        seq=state.seq,
        settled=state.settled,
        last_updated=clock.format_iso(location.now()),
        summary=state.build_summary(),
    )


def write_draft(state: QueueState, location: QueueLocation) -> SnapshotDraft:
    """Write the next snapshot of the queue under a temporary name, and sync it."""
    head = build_snapshot_head(state, location, state.head.generation + 1)
    path = location.folder / f".{head.snapshot_id}.tmp"
    try:
        digest, stat = snapshot.write(str(path), head, state.items, state.kind.plural)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise
    return SnapshotDraft(head, path, digest, stat)


def compact_journal(
    state: QueueState,
    location: QueueLocation,
    old: Journal | None,
    seen: FileIdentity | None,
    draft: SnapshotDraft | None = None,
) -> SnapshotAndJournal:
    """Write a new snapshot of the queue and a new journal, in place of the old ones.

    `seen` is the identity of the snapshot file to replace, None if there is none. `draft` is the
    new snapshot if it is written already. After an OSError, either the old snapshot and journal are
    valid or the new ones, never a mixture. The caller must hold the lock of the queue.
    """
    folder = location.folder
    _remove_leftovers(location, draft)
    if old:
        event_log.append_missing(folder, _read_complete_journal(state, old))
    draft = draft or write_draft(state, location)
    new = draft.head
    path = folder / JOURNAL_FOLDER / journal.journal_name(new.generation, new.snapshot_id)
    try:
        header = _build_header(draft, old.path.name if old else "", seen or ())
        current = Journal.create(path, header)
        kept = link_previous_snapshot(folder) if seen else None
    except BaseException:
        for leftover in (draft.path, path):
            with contextlib.suppress(OSError):
                os.unlink(leftover)
        raise
    os.replace(draft.path, folder / snapshot.FILE)
    atomic_files.sync_folder(folder)
    stranger = (
        archive_previous_snapshot(kept, location, old.path if old else None, seen)
        if kept and seen
        else None
    )
    if old:
        seal_journal(old, state.seq, location)
    prune_journals(folder, current.path)
    return SnapshotAndJournal(new, draft.stat, current, stranger)


def append_unsealed_to_history(folder: Path) -> None:
    """Append the records of all unsealed journals to the history, oldest journal first."""
    journals = sorted(
        journal_lookup.iter_unsealed_journals(folder),
        key=lambda unsealed: unsealed.header.generation,
    )
    for unsealed in journals:
        event_log.append_missing(folder, unsealed.content.records)


def _read_complete_journal(state: QueueState, old: Journal) -> list[JournalRecord]:
    """Read a journal; raise StateDamaged if the queue in memory lacks changes in it."""
    records = journal.read(old.path).records
    if records and records[-1].seq != state.seq:
        raise StateDamaged(
            f"{old.path} ends with change {records[-1].seq}, but this process knows {state.seq}. "
            "Nothing was changed. Run again."
        )
    return records


def _build_header(draft: SnapshotDraft, previous: str, replaces: FileIdentity) -> JournalHeader:
    return JournalHeader(
        generation=draft.head.generation,
        snapshot_id=draft.head.snapshot_id,
        seq=draft.head.seq,
        digest=draft.digest,
        stat=draft.stat,
        previous=previous,
        replaces=replaces,
    )


def _remove_leftovers(location: QueueLocation, draft: SnapshotDraft | None) -> None:
    """Remove the temporary files of killed writers; the caller must hold the lock of the queue.

    Drafts of other processes are removed too: they are outdated after this rewrite.

    A snapshot kept under a temporary name is removed if its content has another name too; otherwise
    it is moved to aside/.
    """
    atomic_files.remove_stale_temp_files(location.folder)
    for temporary in location.folder.glob(f".{'?' * 16}.tmp"):
        if not draft or temporary != draft.path:
            temporary.unlink(missing_ok=True)  # its writer may have removed it
    for kept in location.folder.glob(".*.kept"):
        if os.stat(kept).st_nlink > 1:
            os.unlink(kept)
        else:
            move_to_aside_folder(kept, location, "unseen")


def link_previous_snapshot(folder: Path) -> Path:
    """Give the old snapshot file a second name, so that replacing it never loses its content.

    Return the second name.
    """
    kept = folder / f".{os.urandom(6).hex()}.kept"
    _link_or_copy(folder / snapshot.FILE, kept)
    return kept


def archive_previous_snapshot(
    kept: Path, location: QueueLocation, old: Path | None, seen: FileIdentity
) -> Path | None:
    """Move a replaced snapshot next to its journal `old`, or delete it if there is no journal.

    A file whose size and time differ from `seen` was put there by the user; it goes to aside/, and
    its path there is returned. Otherwise return None.
    """
    if not _is_same_file(kept, seen):
        return move_to_aside_folder(kept, location, "unseen")
    if old:
        os.replace(kept, old.with_suffix(".json"))
        atomic_files.sync_folder(old.parent)
    with contextlib.suppress(FileNotFoundError):  # a file renamed onto itself keeps both names
        os.unlink(kept)
    return None


def _is_same_file(path: Path, seen: FileIdentity) -> bool:
    """Return whether a file, or a copy of it, has the size and modification time in `seen`."""
    return snapshot.stat_identity(os.stat(path))[2:] == tuple(seen[2:])


def finish_interrupted_compaction(current: Path, location: QueueLocation) -> list[Path]:
    """Finish a rewrite of the snapshot that crashed after the new snapshot got its name.

    Seal the previous journal and store the previous snapshot. Return the unexpected files that were
    moved to aside/.
    """
    header = journal.read_header(current)
    assert header
    before = current.with_name(header.previous) if header.previous else None
    if before and before.exists():
        reading = journal.read(before)
        if not reading.is_sealed:
            with contextlib.suppress(RecordNotWritten):  # disk full: the next writer does it
                seal_journal(Journal(before, reading.end), header.seq, location)
    unexpected = []
    for kept in location.folder.glob(".*.kept"):
        expected = _is_same_file(kept, header.replaces)
        if not expected and (os.stat(kept).st_nlink > 1 or _is_same_file(kept, header.stat)):
            os.unlink(kept)  # the crash was before the rename
        else:
            unexpected.append(archive_previous_snapshot(kept, location, before, header.replaces))
    return [path for path in unexpected if path]


def _link_or_copy(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it if the file system does not support hard links."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, target)


def move_to_aside_folder(path: Path, location: QueueLocation, why: str) -> Path:
    """Move a file to the folder aside/ under a name with the reason and the time.

    Return its new path.
    """
    folder = location.folder / ASIDE_FOLDER
    atomic_files.make_folder(folder)
    target = find_unused_path(
        folder, f"{why}_{location.file_timestamp()}", path.suffix.replace(".kept", ".json")
    )
    os.replace(path, target)
    atomic_files.sync_folder(folder)
    return target


def copy_to_aside_folder(path: Path, location: QueueLocation, why: str = "damaged") -> str:
    """Copy a file to the folder aside/ under a name with the reason and the time.

    What is not a regular file is moved. Return the name of the copy.
    """
    folder = location.folder / ASIDE_FOLDER
    atomic_files.make_folder(folder)
    target = find_unused_path(folder, f"{why}_{location.file_timestamp()}_{path.stem}", path.suffix)
    try:
        untrusted_files.open_regular_file(path).close()
    except OSError as error:
        if error.errno not in (errno.ENXIO, errno.EOVERFLOW):
            raise
        os.replace(path, target)  # a folder, a link to a device, or larger than any queue
    else:
        shutil.copy2(path, target)
        with target.open("rb") as copy:
            atomic_files.sync_data(copy.fileno())
    atomic_files.sync_folder(folder)
    return target.name


def find_unused_path(folder: Path, stem: str, suffix: str) -> Path:
    """Return a path in a folder that no file has yet, with a number added if needed.

    The caller must hold the lock of the queue.
    """
    path, number = folder / f"{stem}{suffix}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}_{number}{suffix}"
    return path


def seal_journal(old: Journal, seq: int, location: QueueLocation) -> None:
    """Append the closing record (seal) to a journal and close it; nothing may follow it."""
    old.seal(JournalRecord(seq=seq, time=clock.format_iso(location.now()), op=SEAL))


def prune_journals(folder: Path, current: Path) -> None:
    """Remove old journals, whose records are in the history, and files left by crashes."""
    keep = {current.name}
    header = journal.read_header(current)
    if header and header.previous:
        keep.add(Path(header.previous).with_suffix(".json").name)
    for _ in range(journal.KEPT_JOURNALS):
        if not header or not header.previous:
            break
        keep.add(header.previous)
        header = journal.read_header(folder / JOURNAL_FOLDER / header.previous)
    for path in (folder / JOURNAL_FOLDER).iterdir():
        if path.name not in keep and path.suffix in (".json", ".jsonl") and path.is_file():
            os.unlink(path)
