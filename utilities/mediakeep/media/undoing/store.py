"""The store of undo records in `status/undo/`: the log, the blobs, and what became of each record.

A record is written before the change is made. Afterwards a mark says "done", or "void" where it was
not made after all. Where a crash left no mark, the later records of the file tell, or its hash.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import clock, files
from mediakeep.errors import NotUndone, RecordNotWritten, StateDamaged, Unreadable
from mediakeep.media import access, sums
from mediakeep.media.undoing import gate
from mediakeep.media.undoing.blobs import Blobs
from mediakeep.media.undoing.index import Index, Query
from mediakeep.media.undoing.log import Log
from mediakeep.media.undoing.record import LIMIT, Changed, Details, Mark, Recipe, Record, encode

DONE, VOID, UNSURE = "done", "void", "unsure"
FORGOTTEN = "how to take it back was forgotten, as was asked for"

_SHOWN = 200  # letters of a value in a record whose full values went to the blobs
_FEW = 12  # fields that such a record shows

Values = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A record, and whether its change was made: "done", "void", or "unsure" for neither."""

    record: Record
    state: str


class Store:
    """The undo records as one of several processes uses them."""

    def __init__(self, folder: Path, now: clock.Clock = clock.now) -> None:
        self.folder = folder
        self.now = now
        self.blobs = Blobs(folder / "blobs")
        self._log = Log(folder)
        self._index = Index(folder, self._log)

    def add(self, record: Record, blobs: dict[str, bytes]) -> Record:
        """Write a record with the blobs that it needs; synced when this returns.

        RecordNotWritten where it cannot be written. What is too long for a record goes to the
        blobs, too.
        """
        with contextlib.suppress(OSError):  # whoever writes into it will tell
            self.folder.mkdir(parents=True, exist_ok=True)
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
        entries = self._marked(query)
        return [entry if entry.state else self._settle(entry.record) for entry in entries]

    def changes(self, item: str, first_claim: int, since: str = "") -> list[Record]:
        """Return what was changed, and not undone since, while an item was worked on.

        Numbers of claims are those of one queue, which was made at `since`.
        """
        records = [e.record for e in self.find(Query(item=item, since=since)) if e.state == DONE]
        made = [one for one in records if one.first_claim == first_claim and not one.undoes]
        undone: set[str] = set()
        for path in {one.path for one in made}:
            undone |= taken_back(e.record for e in self.find(Query(path=path)) if e.state == DONE)
        return [one for one in made if one.id not in undone]

    def undone(self, path: Path) -> dict[str, frozenset[Values]]:
        """Return the changes of a file that were undone: of each field the values it had got.

        One that was made again since, by whatever way, is not among them.
        """
        name = files.escape(path.resolve())
        records = [e.record for e in self.find(Query(path=name)) if e.state == DONE]
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
        self._index.close()

    def _details(self, record: Record) -> Details:
        try:
            return msgspec.json.decode(self.blobs.read(record.details), type=Details)
        except msgspec.MsgspecError as error:
            raise StateDamaged(f"The undo record {record.id} is damaged: {error}.") from error

    def _marked(self, query: Query) -> list[Entry]:
        """Find records with their marks, "" where a crash has left none."""
        with gate.shared(self.folder):
            found = self._index.find(query) if query != Query() else None
            if found is None:
                return self._scan(query)
            lines = ((self._log.at(file, offset), mark) for file, offset, mark in found)
            return [Entry(line, mark) for line, mark in lines if isinstance(line, Record)]

    def _scan(self, query: Query) -> list[Entry]:
        """Read the whole log, which takes longer than the index, unless all of it is wanted."""
        records: dict[str, Record] = {}
        marks: dict[str, str] = {}
        for _, line in self._log.read():
            if isinstance(line, Mark):
                marks[line.id] = line.mark
            elif query.fits(line):
                records[line.id] = line
        return [Entry(one, marks.get(one.id, "")) for one in records.values()]

    def _settle(self, record: Record) -> Entry:
        """Ask the records that follow, then the file.

        That it was not made is never noted: whoever prepared it may be alive and make it yet.
        """
        state = self._told_later(record) or _told_by(record)
        if state == DONE:
            self.mark(record, DONE)
        return Entry(record, state)

    def _told_later(self, record: Record) -> str:
        """Whatever was done to the file next began with the old one or with the new one."""
        behind = False
        for entry in self._marked(Query(path=record.path)):
            old = entry.record.old.sha256
            if behind and entry.state != VOID and old in (record.new.sha256, record.old.sha256):
                return DONE if old == record.new.sha256 else VOID
            behind = behind or entry.record.id == record.id
        return ""


def _told_by(record: Record) -> str:
    """Ask the file itself."""
    try:
        with access.opened(Path(files.unescape(record.path))) as handle:
            found = sums.whole(handle.fileno())
    except (OSError, Unreadable):
        return UNSURE
    return {record.new.sha256: DONE, record.old.sha256: VOID}.get(found, UNSURE)


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


def fitted(record: Record, keep: Callable[[bytes], str]) -> Record:
    """Have what is too long for a record kept elsewhere, under the name that is given back."""
    if len(encode(record)) < LIMIT:
        return record
    details = keep(encode(Details(record.fields, record.recipe)))
    few = _shortened(record.fields)
    return structs.replace(record, fields=few, recipe=None, details=details)


def _shortened(fields: dict[str, Changed]) -> dict[str, Changed]:
    def cut(values: Values) -> Values:
        return tuple(text[:_SHOWN] for text in values[:1])

    few = sorted(fields)[:_FEW]
    return {
        field: Changed(cut(one.old), cut(one.new), one.reason[:_SHOWN])
        for field in few
        for one in [fields[field]]
    }
