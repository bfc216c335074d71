"""The undo store in `status/undo/`: the change log, the blobs, and the state of each record.

A record is written before its change is made. Afterwards a mark says "done", or "void" if the
change was not made. If a crash left no mark, later records of the file or its hash show the state.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from mediakeep import clock, files, kinds
from mediakeep.errors import NotUndone, RecordNotWritten, StateDamaged
from mediakeep.media import temp_copies
from mediakeep.media.temp_copies import Copies
from mediakeep.media.undoing import gate, moves
from mediakeep.media.undoing.blobs import Blobs
from mediakeep.media.undoing.entries import DONE, UNSURE, VOID, Entries, Entry, told_by
from mediakeep.media.undoing.index import Query
from mediakeep.media.undoing.log import Log
from mediakeep.media.undoing.moves import Move
from mediakeep.media.undoing.record import (
    Changed,
    Details,
    Mark,
    Recipe,
    Record,
    Values,
    fitted,
)

__all__ = ["DONE", "FORGOTTEN", "UNSURE", "VOID", "Entry", "Store", "Values", "taken_back"]

FORGOTTEN = "its undo data was removed (--forget-before)"

_MANY = 900  # ids per query; old SQLite allows no more than 999


class Store:
    """The undo store as used by one of several processes."""

    def __init__(self, folder: Path, now: clock.Clock = clock.now) -> None:
        self.folder = folder
        self.now = now
        self.blobs = Blobs(folder / "blobs")
        self.copies = Copies(folder / temp_copies.FOLDER)
        self._log = Log(folder)
        self._entries = Entries(folder, self._log)
        self._damaged: list[str] | None = None

    def add(self, record: Record, blobs: dict[str, bytes]) -> Record:
        """Write and sync a record with its blobs; raise RecordNotWritten.

        Details that are too long for a record are stored as a blob.
        """
        with contextlib.suppress(OSError):  # the first write reports it
            files.make_folder(self.folder)
        with gate.shared(self.folder):
            for name, data in blobs.items():
                self.blobs.keep(data, name)
            record = fitted(record, self.blobs.keep)
            self._log.append(record, record.time[:7], sync=True)
        return record

    def mark(self, record: Record, state: str) -> None:
        """Append the state of a record if possible; the file itself shows it, too."""
        with contextlib.suppress(RecordNotWritten), gate.shared(self.folder):
            self._log.append(Mark(record.id, state), record.time[:7], sync=False)

    def find(self, query: Query) -> list[Entry]:
        """Return the matching records, oldest first."""
        return list(map(self._settled, self._entries.find(query)))

    def newest(self) -> Iterator[Entry]:
        """Yield all records, newest first, reading page by page."""
        return map(self._settled, self._entries.newest())

    def place(self, path: str) -> str:
        """Return the current path of a file, given an escaped path that may be an old one."""
        return self._entries.moves.path(path)

    def follow(self, new_moves: Sequence[Move]) -> None:
        """Record moved files and folders; raise RecordNotWritten.

        Does nothing in a home without undo records.
        """
        if self.folder.is_dir():
            with gate.shared(self.folder):
                moves.note(self._log, new_moves)

    def knows(self, query: Query) -> bool:
        """Return True if any record matches, even of a change that was not made."""
        return self._entries.knows(query)

    def renamed_item(self, queue: str, key: str) -> str:
        """Return the current key of a renamed item, or "" if no item was renamed from `key`."""
        (present,) = self._entries.moves.items(queue, [key])
        return "" if present == key else present

    def items(self, queue: str) -> set[str]:
        """Return the items of a queue whose files were changed."""
        return self._entries.items(queue)

    def verify(self) -> list[str]:
        """Check the index before an undo, and return the damaged lines of the log.

        Changes recorded there cannot be undone. The check runs once per open store.
        """
        if self._damaged is None:
            places = self._entries.verify()
            self._damaged = [f"{place.file}, byte {place.offset:,}" for place in places]
        return self._damaged

    def with_undoings(self, entries: Iterable[Entry]) -> list[Entry]:
        """Add the records that undo these, and those that undo them; each once, oldest first.

        They are found by the ids they undo, wherever the files are now.
        """
        by_id = {entry.record.id: entry for entry in entries}
        pending = list(by_id)
        while pending:
            batch, pending = tuple(pending[:_MANY]), pending[_MANY:]
            undoing = {entry.record.id: entry for entry in self.find(Query(undoes=batch))}
            pending += undoing.keys() - by_id.keys()
            by_id |= undoing
        return sorted(by_id.values(), key=lambda entry: entry.at)

    def changes(
        self, item: str, first_claim: int, since: str = "", queue: str = kinds.MUSIC.name
    ) -> list[Record]:
        """Return the changes of an item that were not undone, from `first_claim` on.

        Claim numbers are those of one queue, which was created at `since`; `queue` is the kind of
        its items.
        """
        entries = [
            entry
            for entry in self.find(Query(item=item, since=since, queue=queue))
            if entry.state == DONE
            and entry.record.first_claim >= first_claim
            and not entry.record.undoes
        ]
        undone = taken_back(e.record for e in self.with_undoings(entries) if e.state == DONE)
        return [entry.record for entry in entries if entry.record.id not in undone]

    def undone(self, path: Path) -> dict[str, frozenset[Values]]:
        """Return the undone changes of a file: for each field, the values that were undone.

        Changes that were made again since are left out. Records under former paths of the file
        count, too.
        """
        name = files.escape(path.resolve())
        entries = self.with_undoings(self.find(Query(file=name)))
        records = [entry.record for entry in entries if entry.state == DONE]
        by_id = {record.id: record for record in records}
        values_by_field: dict[str, set[Values]] = {}
        for record in records:
            for field, change in self.fields(record).items():
                values_by_field.setdefault(field, set()).discard(change.new)
                if _steps_back(record, by_id) % 2:
                    values_by_field[field].add(change.old)
        return {field: frozenset(values) for field, values in values_by_field.items() if values}

    def recipe(self, record: Record) -> Recipe:
        """Return the reverse patch of a change.

        Raises NotUndone if it was pruned, and StateDamaged if it is missing.
        """
        if record.forgotten:
            raise NotUndone(record.path, FORGOTTEN, "Its tags can be written again.")
        recipe = record.recipe or self._details(record).recipe
        if recipe is None:
            raise StateDamaged(f"The undo record {record.id} is damaged: it has no reverse patch.")
        return recipe

    def fields(self, record: Record) -> dict[str, Changed]:
        """Return the changed fields with full values."""
        return self._details(record).fields if record.details else record.fields

    def close(self) -> None:
        self._entries.close()
        self.copies.close()

    def _details(self, record: Record) -> Details:
        try:
            return msgspec.json.decode(self.blobs.read(record.details), type=Details)
        except msgspec.MsgspecError as error:
            raise StateDamaged(f"The undo record {record.id} is damaged: {error}.") from error

    def _settled(self, entry: Entry) -> Entry:
        """If a crash left no mark, determine the state from later records, then from the file.

        "void" is never marked here: the process that prepared the change may still make it.
        """
        if entry.state:
            return entry
        state = self._told_later(entry.record) or told_by(entry.record)
        if state == DONE:
            self.mark(entry.record, DONE)
        return Entry(entry.record, state, entry.at)

    def _told_later(self, record: Record) -> str:
        """Determine the state from the next change, which began with the old or the new version."""
        is_later = False
        for entry in self._entries.find(Query(path=record.path)):
            old = entry.record.old.sha256
            if is_later and entry.state != VOID and old in (record.new.sha256, record.old.sha256):
                return DONE if old == record.new.sha256 else VOID
            is_later = is_later or entry.record.id == record.id
        return ""


def taken_back(records: Iterable[Record]) -> set[str]:
    """Return the ids of undone records, except those whose undo was undone itself."""
    undone: set[str] = set()
    for record in reversed(list(records)):
        if record.undoes and record.id not in undone:
            undone.add(record.undoes)
    return undone


def _steps_back(record: Record, records: Mapping[str, Record]) -> int:
    """Return 1 for an undo, 2 for the undo of an undo, and so on; 0 for any other change."""
    steps, at = 0, record.undoes
    while at:
        steps += 1
        at = records[at].undoes if at in records else ""
    return steps
