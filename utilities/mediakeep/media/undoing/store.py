"""The store of undo records in `status/undo/`: the log, the blobs, and what became of each record.

A record is written before the change is made. Afterwards a mark says "done", or "void" where it was
not made after all. Where a crash left no mark, the later records of the file tell, or its hash.
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

FORGOTTEN = "how to take it back was forgotten, as was asked for"

_MANY = 900  # ids that are asked for at once; old SQLite takes no more than 999


class Store:
    """The undo records as one of several processes uses them."""

    def __init__(self, folder: Path, now: clock.Clock = clock.now) -> None:
        self.folder = folder
        self.now = now
        self.blobs = Blobs(folder / "blobs")
        self.copies = Copies(folder / temp_copies.FOLDER)
        self._log = Log(folder)
        self._entries = Entries(folder, self._log)
        self._damaged: list[str] | None = None

    def add(self, record: Record, blobs: dict[str, bytes]) -> Record:
        """Write a record with the blobs that it needs; synced when this returns.

        RecordNotWritten where it cannot be written. What is too long for a record goes to the
        blobs, too.
        """
        with contextlib.suppress(OSError):  # whoever writes into it will tell
            files.make_folder(self.folder)
        with gate.shared(self.folder):
            for name, data in blobs.items():
                self.blobs.keep(data, name)
            record = fitted(record, self.blobs.keep)
            self._log.append(record, record.time[:7], sync=True)
        return record

    def mark(self, record: Record, state: str) -> None:
        """Note what became of a record, if that can be: the file itself tells it, too."""
        with contextlib.suppress(RecordNotWritten), gate.shared(self.folder):
            self._log.append(Mark(record.id, state), record.time[:7], sync=False)

    def find(self, query: Query) -> list[Entry]:
        """Return the records that are asked for, oldest first."""
        return list(map(self._settled, self._entries.find(query)))

    def newest(self) -> Iterator[Entry]:
        """Give all records, the newest first; no more are read than are taken."""
        return map(self._settled, self._entries.newest())

    def place(self, path: str) -> str:
        """Return where a file lies by now whose path, escaped, may be an old one."""
        return self._entries.moves.path(path)

    def follow(self, found: Sequence[Move]) -> None:
        """Note that files and folders have other paths by now; RecordNotWritten on failure.

        A home without records needs no notes.
        """
        if self.folder.is_dir():
            with gate.shared(self.folder):
                moves.note(self._log, found)

    def knows(self, query: Query) -> bool:
        """Tell whether there is a record that is asked for, even of a change that was not made."""
        return self._entries.knows(query)

    def renamed_item(self, queue: str, key: str) -> str:
        """Return the present key of an item that was renamed, or "" if none had this key."""
        (present,) = self._entries.moves.items(queue, [key])
        return "" if present == key else present

    def items(self, queue: str) -> set[str]:
        """Return the items of a kind whose files were changed."""
        return self._entries.items(queue)

    def verify(self) -> list[str]:
        """Make sure before an undo that all records are found, and name the damaged lines.

        What these recorded cannot be undone. Checked once for each store that is opened.
        """
        if self._damaged is None:
            places = self._entries.verify()
            self._damaged = [f"{place.file}, byte {place.offset:,}" for place in places]
        return self._damaged

    def with_undoings(self, entries: Iterable[Entry]) -> list[Entry]:
        """Add the records that undo these, and those that undo them; each once, oldest first.

        They are found by what they undo, wherever the files lie by now.
        """
        known = {entry.record.id: entry for entry in entries}
        asked = list(known)
        while asked:
            some, asked = tuple(asked[:_MANY]), asked[_MANY:]
            found = {entry.record.id: entry for entry in self.find(Query(undoes=some))}
            asked += found.keys() - known.keys()
            known |= found
        return sorted(known.values(), key=lambda entry: entry.at)

    def changes(
        self, item: str, first_claim: int, since: str = "", queue: str = kinds.MUSIC.name
    ) -> list[Record]:
        """Return what was changed, and not undone since, while an item was worked on.

        It begins with that first claim, or the next one that changed anything. Numbers of claims
        are those of one queue, which was made at `since`; `queue` is the kind of its items.
        """
        made = [
            entry
            for entry in self.find(Query(item=item, since=since, queue=queue))
            if entry.state == DONE
            and entry.record.first_claim >= first_claim
            and not entry.record.undoes
        ]
        undone = taken_back(e.record for e in self.with_undoings(made) if e.state == DONE)
        return [entry.record for entry in made if entry.record.id not in undone]

    def undone(self, path: Path) -> dict[str, frozenset[Values]]:
        """Return the changes of a file that were undone: of each field the values it had got.

        One that was made again since, by whatever way, is not among them. Records under the names
        that the file had before count, too.
        """
        name = files.escape(path.resolve())
        entries = self.with_undoings(self.find(Query(file=name)))
        records = [entry.record for entry in entries if entry.state == DONE]
        made = {record.id: record for record in records}
        found: dict[str, set[Values]] = {}
        for record in records:
            for field, change in self.fields(record).items():
                found.setdefault(field, set()).discard(change.new)
                if _steps_back(record, made) % 2:
                    found[field].add(change.old)
        return {field: frozenset(values) for field, values in found.items() if values}

    def recipe(self, record: Record) -> Recipe:
        """Return the way back from a change.

        NotUndone where it was forgotten, StateDamaged where it is missing.
        """
        if record.forgotten:
            raise NotUndone(record.path, FORGOTTEN, "Its tags can be written anew.")
        recipe = record.recipe or self._details(record).recipe
        if recipe is None:
            raise StateDamaged(f"The undo record {record.id} is damaged: it tells no way back.")
        return recipe

    def fields(self, record: Record) -> dict[str, Changed]:
        """Return what changed, with all values in full."""
        return self._details(record).fields if record.details else record.fields

    def close(self) -> None:
        """Close the store."""
        self._entries.close()
        self.copies.close()

    def _details(self, record: Record) -> Details:
        try:
            return msgspec.json.decode(self.blobs.read(record.details), type=Details)
        except msgspec.MsgspecError as error:
            raise StateDamaged(f"The undo record {record.id} is damaged: {error}.") from error

    def _settled(self, entry: Entry) -> Entry:
        """Where a crash left no mark, ask the records that follow, then the file.

        That it was not made is never noted: whoever prepared it may be alive and make it yet.
        """
        if entry.state:
            return entry
        state = self._told_later(entry.record) or told_by(entry.record)
        if state == DONE:
            self.mark(entry.record, DONE)
        return Entry(entry.record, state, entry.at)

    def _told_later(self, record: Record) -> str:
        """Whatever was done to the file next began with the old one or with the new one."""
        behind = False
        for entry in self._entries.find(Query(path=record.path)):
            old = entry.record.old.sha256
            if behind and entry.state != VOID and old in (record.new.sha256, record.old.sha256):
                return DONE if old == record.new.sha256 else VOID
            behind = behind or entry.record.id == record.id
        return ""


def taken_back(records: Iterable[Record]) -> set[str]:
    """Return which records are undone, and that not by a record that is undone itself."""
    undone: set[str] = set()
    for record in reversed(list(records)):
        if record.undoes and record.id not in undone:
            undone.add(record.undoes)
    return undone


def _steps_back(record: Record, made: Mapping[str, Record]) -> int:
    """Count: 1 for an undoing, 2 for the undoing of one, 0 for any other change."""
    steps, at = 0, record.undoes
    while at:
        steps += 1
        at = made[at].undoes if at in made else ""
    return steps
