"""Prune old undo records: keep what was changed, delete the data needed to undo it.

A pruned ("forgotten") record keeps its fields. So undone changes are not repeated and repairs still
count. Its reverse patch is deleted, and so are blobs that no record needs. If the process is
killed, the records are intact, and pruning again completes the work.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from msgspec import structs

from mediakeep import atomic_files
from mediakeep.errors import RecordNotWritten, StateDamaged
from mediakeep.media.undo import record_index, store_lock
from mediakeep.media.undo.log import ChangeLog
from mediakeep.media.undo.record import ChangeRecord, encode_line, move_details_to_blob, parse_line
from mediakeep.media.undo.store import UndoStore


@dataclass
class PruneResult:
    """The result of pruning undo records: how many were pruned, and the bytes freed."""

    records: int = 0
    bytes: int = 0


@dataclass
class _Pruner:
    """One run of pruning undo records; without `write` it only computes the result."""

    store: UndoStore
    before: str
    write: bool
    done: PruneResult = field(default_factory=PruneResult)
    needed: set[str] = field(default_factory=set)  # blobs
    all_known: bool = True  # False if the blobs of a record are unknown

    def prune_month(self, path: Path) -> None:
        """Prune the undo records in the log file of one month; keep unreadable lines."""
        old = path.read_bytes().splitlines(keepends=True)
        new = [self._prune_line(text) for text in old]
        self.done.bytes += sum(map(len, old)) - sum(map(len, new))
        if self.write and new != old:
            atomic_files.write_atomic(path, b"".join(new))

    def _prune_line(self, text: bytes) -> bytes:
        record = parse_line(text) if text.endswith(b"\n") else None
        if not isinstance(record, ChangeRecord):
            return text
        if not record.forgotten and record.time < self.before:
            self.done.records += 1
            record = self._drop_patch(record)
            text = encode_line(record) + b"\n"
        self.needed |= set(self._needed_blobs(record))
        return text

    def _drop_patch(self, record: ChangeRecord) -> ChangeRecord:
        """Return an undo record without its reverse patch.

        If its details are damaged, the fields in the record itself are kept.
        """
        fields = record.fields
        with contextlib.suppress(StateDamaged):
            fields = self.store.load_fields(record)
        less = structs.replace(record, forgotten=True, recipe=None, details="", fields=fields)
        return move_details_to_blob(less, self._store_blob)

    def _store_blob(self, data: bytes) -> str:
        name = sha256(data).hexdigest()
        if not (self.store.folder / "blobs" / name[:2] / name).exists():
            self.done.bytes -= len(data)
        return self.store.blobs.store(data, name) if self.write else name

    def _needed_blobs(self, record: ChangeRecord) -> Iterator[str]:
        if record.details:
            yield record.details
        if not record.forgotten:
            try:
                yield from self.store.load_patch(record).blobs
            except StateDamaged:  # then its blobs are unknown
                self.all_known = False

    def remove_unneeded_blobs(self) -> None:
        """Delete the blobs that no undo record needs.

        Call it after the records of all months are pruned.
        """
        for path in (self.store.folder / "blobs").glob("??/*"):
            if self.all_known and path.name not in self.needed:
                self.done.bytes += path.stat().st_size
                if self.write:
                    path.unlink()


def preview(store: UndoStore, before: str) -> PruneResult:
    """Return how many undo records `prune` would prune and how many bytes it would free."""
    with store_lock.shared_lock(store.folder):
        return _run_pruner(_Pruner(store, before, write=False))


def prune(store: UndoStore, before: str) -> PruneResult:
    """Delete the undo data of changes made before a time, and return what was pruned.

    `before` has the time format of the records. Raises RecordNotWritten if writing fails; what was
    pruned until then stays consistent.
    """
    if not store.folder.is_dir():
        return PruneResult()
    with store_lock.exclusive_lock(store.folder):
        try:
            atomic_files.remove_stale_temp_files(store.folder)
            _delete_index(store.folder)
            return _run_pruner(_Pruner(store, before, write=True))
        except OSError as error:
            raise RecordNotWritten(error.filename or store.folder, error.strerror) from error


def _delete_index(folder: Path) -> None:
    """Delete the index of the change log, because pruning changes the offsets in the log.

    It is deleted first, so that a kill leaves no wrong index.
    """
    if not (folder / record_index.FILE_NAME).is_dir():
        for name in (record_index.FILE_NAME, f"{record_index.FILE_NAME}-journal"):
            (folder / name).unlink(missing_ok=True)


def _run_pruner(pruning: _Pruner) -> PruneResult:
    for path in ChangeLog(pruning.store.folder).list_files():
        pruning.prune_month(path)
    pruning.remove_unneeded_blobs()
    return pruning.done
