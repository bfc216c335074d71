"""The undo store in `status/undo/`: the change log, the blobs, and the state of each record.

A record is written before its change is made. Afterwards a mark says "done", or "void" if the
change was not made. If a crash left no mark, later records of the file or its hash show the state.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from mediakeep import atomic_files, clock, home_rpc, path_text
from mediakeep.errors import RecordNotWritten, StateDamaged, UndoRefused
from mediakeep.home_rpc import RemoteObject
from mediakeep.media import temp_copies
from mediakeep.media.temp_copies import TempCopies
from mediakeep.media.undo import moves, store_lock
from mediakeep.media.undo.log import ChangeLog
from mediakeep.media.undo.moves import PathMove
from mediakeep.media.undo.record import (
    ChangeRecord,
    FieldChange,
    RecordDetails,
    RecordState,
    ReversePatch,
    Values,
    move_details_to_blob,
)
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.record_lookup import (
    DONE,
    UNSURE,
    VOID,
    RecordEntry,
    RecordLookup,
    state_from_file,
)


class BlobStore:
    """The blobs of an undo store: data files `ab/abcdef...`, each named by its SHA-256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._synced: set[str] = set()  # in this process

    def store(self, data: bytes, name: str = "") -> str:
        """Write a blob and sync it, unless it exists; return its name."""
        name = name or sha256(data).hexdigest()
        path = self._path(name)
        if name not in self._synced or not path.is_file():  # it may have been pruned
            try:
                if path.is_file() and path.stat().st_size == len(data):
                    atomic_files.sync_folder(path.parent)  # its writer may have been killed before
                else:
                    atomic_files.write_atomic(path, data)
                atomic_files.sync_folder(self._folder)
                if not self._synced:
                    atomic_files.sync_folder(self._folder.parent)  # the folder may be new, too
            except OSError as error:
                raise RecordNotWritten(path, error.strerror or error) from error
            self._synced.add(name)
        return name

    def read(self, name: str) -> bytes:
        """Return the data of a blob; raise StateDamaged if it is missing or damaged."""
        path = self._path(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StateDamaged(
                f"The undo record {path} cannot be read: {error.strerror}."
            ) from error
        if sha256(data).hexdigest() != name:
            raise StateDamaged(
                f"The undo record {path} is damaged: its SHA-256 differs from its name."
            )
        return data

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name


__all__ = [
    "DONE",
    "FORGOTTEN",
    "UNSURE",
    "VOID",
    "RecordEntry",
    "UndoStore",
    "Values",
    "find_undone",
    "open_store",
]

FORGOTTEN = "its undo data was removed (--forget-before)"

_MAX_IDS = 900  # ids per query; old SQLite allows no more than 999


class UndoStore:
    """The undo store, as used by one of several processes."""

    def __init__(self, folder: Path, now: clock.Clock = clock.now) -> None:
        self.folder = folder
        self.now = now
        self.blobs = BlobStore(folder / "blobs")
        self.copies = TempCopies(folder / temp_copies.FOLDER)
        self._log = ChangeLog(folder)
        self._lookup = RecordLookup(folder, self._log)
        self._damaged: list[str] | None = None
        self._group: list[tuple[ChangeRecord, Path]] | None = None

    def add(self, record: ChangeRecord, blobs: dict[str, bytes]) -> ChangeRecord:
        """Write an undo record with its blobs and sync them; raise RecordNotWritten.

        Details that are too long for a record are stored as a blob.
        """
        with contextlib.suppress(OSError):  # the first write reports it
            atomic_files.make_folder(self.folder)
        with store_lock.shared_lock(self.folder):
            for name, data in blobs.items():
                self.blobs.store(data, name)
            record = move_details_to_blob(record, self.blobs.store)
            self._log.append(record, record.time[:7], sync=True)
        return record

    @contextlib.contextmanager
    def group_changes(self) -> Iterator[None]:
        """Complete all changes made in a `with` block at its end: each folder is synced once.

        Until then, a power loss may restore old files, and no change is marked as done.
        """
        group = self._group = []
        try:
            yield
        finally:
            self._group = None
            self._complete_changes(group)

    def complete_change(self, record: ChangeRecord, folder: Path) -> None:
        """Sync the folder of a changed file, and mark the change as done.

        Within `group_changes`, both are done at the end of the group.
        """
        if self._group is None:
            self._complete_changes([(record, folder)])
        else:
            self._group.append((record, folder))

    def _complete_changes(self, changes: Sequence[tuple[ChangeRecord, Path]]) -> None:
        for folder in {folder for _, folder in changes}:
            with contextlib.suppress(OSError):  # a power loss may then restore the old file
                atomic_files.sync_folder(folder)
        for record, _ in changes:
            self.append_state(record, DONE)

    def append_state(self, record: ChangeRecord, state: str) -> None:
        """Append the state of a recorded change to the log, if possible.

        If that fails, the file itself shows the state.
        """
        with contextlib.suppress(RecordNotWritten), store_lock.shared_lock(self.folder):
            self._log.append(RecordState(record.id, state), record.time[:7], sync=False)

    def find(self, query: RecordQuery) -> list[RecordEntry]:
        """Return the undo records that match a query, oldest first."""
        return list(map(self._resolve_state, self._lookup.find(query)))

    def iter_newest(self) -> Iterator[RecordEntry]:
        """Yield all undo records, newest first, reading them page by page."""
        return map(self._resolve_state, self._lookup.iter_newest())

    def present_path(self, path: str) -> str:
        """Return the current path of a file, given an escaped path that it has or had."""
        return self._lookup.moves.present_path(path)

    def add_moves(self, new_moves: Sequence[PathMove]) -> None:
        """Record that files and folders were moved; raise RecordNotWritten.

        Does nothing in a home without undo records.
        """
        if self.folder.is_dir():
            with store_lock.shared_lock(self.folder):
                moves.append_moves(self._log, new_moves)

    def has_record(self, query: RecordQuery) -> bool:
        """Return True if any undo record matches a query, even of a change that was not made."""
        return self._lookup.has_record(query)

    def read_blob(self, name: str) -> bytes:
        """Return the data of a blob; raise StateDamaged if it is missing or damaged."""
        return self.blobs.read(name)

    def read_clock(self) -> datetime:
        """Return the time for new records."""
        return self.now()

    def has_undo(self) -> bool:
        """Return True if any recorded change is an undo: only then are there undone values."""
        return self.has_record(RecordQuery(is_undo=True))

    def find_renamed_item(self, queue: str, key: str) -> str:
        """Return the current key of an item that had the key `key`, or "" if it was not renamed."""
        (present,) = self._lookup.moves.current_item_keys(queue, [key])
        return "" if present == key else present

    def changed_items(self, queue: str) -> set[str]:
        """Return the keys of a queue's items whose files mediakeep has changed."""
        return self._lookup.changed_items(queue)

    def verify(self) -> list[str]:
        """Check the index before an undo, and return a text for each damaged log line.

        Changes recorded in damaged lines cannot be undone. The check runs once per open store.
        """
        if self._damaged is None:
            places = self._lookup.verify()
            self._damaged = [f"{place.file}, byte {place.offset:,}" for place in places]
        return self._damaged

    def add_related_undo_records(self, entries: Iterable[RecordEntry]) -> list[RecordEntry]:
        """Return these records with all records that they undo or that undo them.

        Each is returned once, oldest first. They are found by the ids they undo, wherever the files
        are now.
        """
        by_id = {entry.record.id: entry for entry in entries}
        pending = list(by_id)
        while pending:
            batch, pending = tuple(pending[:_MAX_IDS]), pending[_MAX_IDS:]
            undoing = {entry.record.id: entry for entry in self.find(RecordQuery(undoes=batch))}
            pending += undoing.keys() - by_id.keys()
            by_id |= undoing
        return sorted(by_id.values(), key=lambda entry: entry.at)

    def find_effective_changes(
        self, item: str, first_claim: int, since: str = "", *, queue: str
    ) -> list[ChangeRecord]:
        """Return the changes of an item since claim number `first_claim` that were not undone.

        A claim is the start of an attempt to process an item. Claim numbers are those of one queue,
        which was created at `since`; `queue` is the kind of its items.
        """
        entries = [
            entry
            for entry in self.find(RecordQuery(item=item, since=since, queue=queue))
            if entry.state == DONE
            and entry.record.first_claim >= first_claim
            and not entry.record.undoes
        ]
        undone = find_undone(
            e.record for e in self.add_related_undo_records(entries) if e.state == DONE
        )
        return [entry.record for entry in entries if entry.record.id not in undone]

    def undone_values(self, path: Path) -> dict[str, frozenset[Values]]:
        """Return the values of a file's fields that an undo has removed again, by field.

        Changes that were made again since are left out. Records under former paths of the file
        count, too.
        """
        name = path_text.escape_path(path.resolve())
        entries = self.add_related_undo_records(self.find(RecordQuery(file=name)))
        records = [entry.record for entry in entries if entry.state == DONE]
        by_id = {record.id: record for record in records}
        values_by_field: dict[str, set[Values]] = {}
        for record in records:
            for field, change in self.load_fields(record).items():
                values_by_field.setdefault(field, set()).discard(change.new)
                if _undo_depth(record, by_id) % 2:
                    values_by_field[field].add(change.old)
        return {field: frozenset(values) for field, values in values_by_field.items() if values}

    def load_patch(self, record: ChangeRecord) -> ReversePatch:
        """Return the reverse patch of a recorded change.

        Raises UndoRefused if it was pruned, and StateDamaged if it is missing.
        """
        if record.forgotten:
            raise UndoRefused(record.path, FORGOTTEN, "Its tags can be written again.")
        recipe = record.recipe or self._load_details(record).recipe
        if recipe is None:
            raise StateDamaged(f"The undo record {record.id} is damaged: it has no reverse patch.")
        return recipe

    def load_fields(self, record: ChangeRecord) -> dict[str, FieldChange]:
        """Return the changed fields of an undo record with full values, even long ones."""
        return self._load_details(record).fields if record.details else record.fields

    def close(self) -> None:
        self._lookup.close()
        self.copies.close()

    def _load_details(self, record: ChangeRecord) -> RecordDetails:
        try:
            return msgspec.json.decode(self.blobs.read(record.details), type=RecordDetails)
        except msgspec.MsgspecError as error:
            raise StateDamaged(f"The undo record {record.id} is damaged: {error}.") from error

    def _resolve_state(self, entry: RecordEntry) -> RecordEntry:
        """Return an entry with its state determined if a crash left no mark.

        Later records are used first, then the file itself. "void" is never written to the log here:
        the process that prepared the change may still make it.
        """
        if entry.state:
            return entry
        state = self._state_from_later_records(entry.record) or state_from_file(entry.record)
        if state == DONE:
            self.append_state(entry.record, DONE)
        return RecordEntry(entry.record, state, entry.at)

    def _state_from_later_records(self, record: ChangeRecord) -> str:
        """Return the state of a change by the next change of the same file.

        That began with either the old or the new version.
        """
        is_later = False
        for entry in self._lookup.find(RecordQuery(path=record.path)):
            old = entry.record.old.sha256
            if is_later and entry.state != VOID and old in (record.new.sha256, record.old.sha256):
                return DONE if old == record.new.sha256 else VOID
            is_later = is_later or entry.record.id == record.id
        return ""


class RemoteUndoStore(UndoStore):
    """The undo store of a worker on another host: records are written and found by its own.

    Only the notes of temporary copies are below `folder`, which is on this host.
    """

    def __init__(self, folder: Path, remote: RemoteObject) -> None:
        super().__init__(folder, lambda: remote.call(UndoStore.read_clock))
        self._remote = remote
        self.blobs = _RemoteBlobs(folder, remote)

    def add(self, record: ChangeRecord, blobs: dict[str, bytes]) -> ChangeRecord:
        """Write an undo record with its blobs and sync them; raise RecordNotWritten."""
        return self._remote.call(UndoStore.add, record, blobs)

    def append_state(self, record: ChangeRecord, state: str) -> None:
        """Append the state of a recorded change to the log, if possible."""
        self._remote.call(UndoStore.append_state, record, state)

    def find(self, query: RecordQuery) -> list[RecordEntry]:
        """Return the undo records that match a query, oldest first."""
        return self._remote.call(UndoStore.find, query)

    def has_record(self, query: RecordQuery) -> bool:
        """Return True if any undo record matches a query, even of a change that was not made."""
        return self._remote.call(UndoStore.has_record, query)


class _RemoteBlobs(BlobStore):
    def __init__(self, folder: Path, remote: RemoteObject) -> None:
        super().__init__(folder)
        self._remote = remote

    def read(self, name: str) -> bytes:
        return self._remote.call(UndoStore.read_blob, name)


def open_store(folder: Path) -> UndoStore:
    """Return the undo store for a worker, which may be on another host."""
    remote = home_rpc.build_remote_object(UndoStore, folder)
    return RemoteUndoStore(folder, remote) if remote else UndoStore(folder)


def find_undone(records: Iterable[ChangeRecord]) -> set[str]:
    """Return the ids of undone records, except those whose undo was undone itself."""
    undone: set[str] = set()
    for record in reversed(list(records)):
        if record.undoes and record.id not in undone:
            undone.add(record.undoes)
    return undone


def _undo_depth(record: ChangeRecord, records: Mapping[str, ChangeRecord]) -> int:
    """Return 1 for an undo, 2 for the undo of an undo, and so on; 0 for any other change."""
    steps, at = 0, record.undoes
    while at:
        steps += 1
        at = records[at].undoes if at in records else ""
    return steps
