"""Find the journal that continues a snapshot of the queue, and the snapshot before it.

    processing_queue.journal/00000007-9f3c.jsonl   continues the snapshot of generation 7
    processing_queue.journal/00000006-51aa.jsonl   sealed: continues generation 6 up to generation 7
    processing_queue.journal/00000006-51aa.json    the snapshot of generation 6 itself

The previous snapshot is kept as the old inode, which a plain `cp` over the queue file does not
overwrite. So these three files restore the queue up to the last change, even if
processing_queue.json is lost or overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import msgspec

from mediakeep.errors import JournalDamaged, MediakeepError
from mediakeep.kinds import Kind
from mediakeep.queue import journal, snapshot
from mediakeep.queue.journal import JournalContent, JournalHeader
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState

JOURNAL_FOLDER = "processing_queue.journal"


class SnapshotOrigin(Enum):
    """Where a snapshot file comes from: mediakeep, an edit by hand, or a copy from elsewhere."""

    OURS = "written by mediakeep, and continued by its journal"
    EDITED = "edited by hand"
    RESTORED = "copied from elsewhere"


class JournalMatch(msgspec.Struct, frozen=True):
    """The origin of a snapshot file, with path and content of the journal that belongs to it.

    The content is empty if there is no such journal.
    """

    origin: SnapshotOrigin
    path: Path
    content: JournalContent


class UnsealedJournal(msgspec.Struct, frozen=True):
    """A journal without a closing record: the current journal, or one left by a crash."""

    path: Path
    header: JournalHeader
    content: JournalContent

    @property
    def last_seq(self) -> int:
        """The number of the last change in the journal, or of its snapshot if it has no records."""
        return self.content.records[-1].seq if self.content.records else self.header.seq


def find_journal(folder: Path, head: SnapshotHead, digest: str) -> JournalMatch:
    """Find the journal of a snapshot file, and from it the origin of the file.

    1. The digest in the journal's header matches, without a seal: written by mediakeep.
    2. The same, but sealed: a later snapshot replaced this one, so an older file was copied here.
    3. The id matches and there is no seal, but the digest differs: the file was edited by the user.
    4. No journal has this id: the file is from elsewhere, such as a checkpoint.
    """
    path = folder / JOURNAL_FOLDER / journal.journal_name(head.generation, head.snapshot_id)
    header = journal.read_header(path)
    if header is None and path.exists():
        raise JournalDamaged(path, "line 1: its checksum does not hold", "")
    if header is None:
        return JournalMatch(SnapshotOrigin.RESTORED, path, JournalContent([], 0))
    reading = journal.read(path)
    if reading.is_sealed:
        return JournalMatch(SnapshotOrigin.RESTORED, path, reading)
    return JournalMatch(
        SnapshotOrigin.OURS if header.digest == digest else SnapshotOrigin.EDITED, path, reading
    )


def find_successor(path: Path, seq: int) -> tuple[Path, JournalHeader] | None:
    """Return path and header of the journal that continues journal `path`, or None.

    `seq` is the number of the last change in journal `path`.
    """
    for other in path.parent.glob("*.jsonl"):
        header = journal.read_header(other)
        if header and header.previous == path.name and header.seq == seq:
            return other, header
    return None


def iter_unsealed_journals(folder: Path) -> Iterator[UnsealedJournal]:
    """Yield the journals that no later journal continues, newest first.

    Damaged journals, and those whose header is incomplete after a crash, are omitted.
    """
    for path in sorted((folder / JOURNAL_FOLDER).glob("*.jsonl"), reverse=True):
        try:
            header, reading = journal.read_header(path), journal.read(path)
        except JournalDamaged:
            continue
        if header and not reading.is_sealed:
            yield UnsealedJournal(path, header, reading)


def iter_damaged_journals(folder: Path) -> Iterator[Path]:
    """Yield the paths of journals that contain complete lines but cannot be read as a whole."""
    for path in sorted((folder / JOURNAL_FOLDER).glob("*.jsonl")):
        try:
            journal.read(path)
        except JournalDamaged:
            yield path
        else:
            if journal.read_header(path) is None and journal.last_seq(path):
                yield path


def queue_exists(folder: Path) -> bool:
    """Return whether a folder contains a queue, or journals of a queue whose snapshot is lost.

    If so, no new queue may be created there.
    """
    if (folder / snapshot.FILE).exists():
        return True
    journals = iter_unsealed_journals(folder)
    has_changes = any(
        journal_file.header.previous or journal_file.content.records for journal_file in journals
    )
    return has_changes or any(iter_damaged_journals(folder))


def previous_snapshot_path(path: Path) -> Path:
    """Return the path of the snapshot before the current one, from the current journal's path.

    There may be no such file.
    """
    header = journal.read_header(path)
    return path.with_name(header.previous or "none").with_suffix(".json") if header else path


def rebuild_previous_state(folder: Path, kind: Kind) -> QueueState | None:
    """Return the queue as it was before its file was replaced or lost.

    Return None if it cannot be rebuilt from the kept snapshot and journals.
    """
    for current in iter_unsealed_journals(folder):
        previous = previous_snapshot_path(current.path)
        sealed = previous.with_suffix(".jsonl")
        try:
            loaded = snapshot.load(previous, kind)
            state = QueueState(kind, loaded.head, loaded.items)
            state.replay_records(journal.read(sealed).records, sealed)
            state.replay_records(current.content.records, current.path)
        except (MediakeepError, OSError):
            continue  # left by a crash, or damaged: an older one may be usable
        return state
    return None
