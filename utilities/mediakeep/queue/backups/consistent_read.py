"""Read a queue and its history as they were after one change, without the lock of the queue.

All changes of a snapshot are in the history, synced, before the snapshot replaces the old one. So
the history up to the snapshot, plus the records of its journal, is the history up to now.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep.kinds import Kind
from mediakeep.queue import checkpoints, journal_lookup, readonly, snapshot
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.journal_lookup import SnapshotOrigin
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import QueueState


class QueueAtSeq(msgspec.Struct, frozen=True):
    """A queue as it was after one change.

    Also the number of the last change in its snapshot, and the journal records since then.
    """

    state: QueueState
    snapshot_seq: int
    records: list[JournalRecord]


class HistoryMonth(msgspec.Struct, frozen=True):
    """A monthly file of the history: its first `end` bytes, and the lines to append to them."""

    path: Path
    end: int
    appended: bytes


def read_queue(location: QueueLocation, kind: Kind) -> QueueAtSeq:
    """Read a queue, and the journal records that its history may lack, without a lock.

    A file that the user put in place of the queue is accepted first. Raise NoQueue if there is no
    queue.
    """
    if not checkpoints.has_queue_files(location.folder):
        raise readonly.no_queue_error(location.folder, kind)
    path = location.folder / snapshot.FILE
    if not path.exists():  # raises an error with the fix
        readonly.load_state(location.folder, kind)

    def look() -> QueueAtSeq | None:
        loaded = snapshot.load(path, kind)
        bound = journal_lookup.find_journal(location.folder, loaded.head, loaded.digest)
        if bound.origin is SnapshotOrigin.OURS:
            state = QueueState(kind, loaded.head, loaded.items)
            state.replay_records(bound.content.records, bound.path)
            return QueueAtSeq(state, loaded.head.seq, bound.content.records)
        if snapshot.file_identity(path) == loaded.stat:
            Queue.open(location, kind).close()
        return None

    return snapshot.read_until_stable(path, look)


def iter_history_files(folder: Path, frozen: QueueAtSeq) -> Iterator[HistoryMonth]:
    """Yield the files of the history as they were when the queue was read."""
    new_lines: dict[Path, list[bytes]] = {path: [] for path in event_log.list_files(folder)}
    for record in frozen.records:
        if record.op not in event_log.TRANSIENT_OPS:
            path = folder / event_log.FOLDER / f"{record.time[:7]}.jsonl"
            new_lines.setdefault(path, []).append(event_log.format_line(record))
    for path in sorted(new_lines):
        end = _find_end_offset(path, frozen.snapshot_seq) if path.exists() else 0
        if end or new_lines[path]:
            yield HistoryMonth(path, end, b"".join(new_lines[path]))


def _find_end_offset(path: Path, since: int) -> int:
    """Return the byte offset after the last event of a history file up to change number `since`."""
    end = 0
    for offset, event in event_log.iter_events(path):
        if event["seq"] > since:
            break
        end = offset
    return end
