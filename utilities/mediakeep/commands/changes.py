"""The recorded changes of files, each with whether it was undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep import files
from mediakeep.commands import moments, shared, targets
from mediakeep.commands.selection import Selection
from mediakeep.errors import StateDamaged
from mediakeep.media.edits.changes import PICTURE
from mediakeep.media.undo import Query
from mediakeep.media.undoing.record import Changed, Record
from mediakeep.media.undoing.store import UNSURE, VOID, Store, taken_back
from mediakeep.music import plans
from mediakeep.music.plans import Line

NONE = "(no session)"  # for changes that no command made

_SUM = "sha256:"  # prefix of a record's value for a whole file


@dataclass(frozen=True)
class Change:
    """One change of one file; `taken_back_by` is the session that undid it."""

    id: str
    time: str
    session: str
    item: str
    queue: str
    path: str
    fields: dict[str, Changed]
    taken_back: bool
    taken_back_by: str
    undoes: str
    unsure: bool
    forgotten: bool
    aside: str


def read(store: Store, selection: Selection) -> list[Change]:
    """Return the selected changes, oldest first; without those that were never made."""
    queries = selection.queries
    entries = [entry for query in queries for entry in store.find(query) if entry.state != VOID]
    selected = {entry.record.id for entry in entries}
    if Query() not in queries:  # otherwise the records that undo them are included already
        entries = [entry for entry in store.with_undoings(entries) if entry.state != VOID]
    undone_ids = taken_back(entry.record for entry in entries if entry.state != UNSURE)
    records = [entry.record for entry in entries]
    by = {
        undo_record.undoes: undo_record.session
        for undo_record in records
        if undo_record.undoes in undone_ids and undo_record.id not in undone_ids
    }
    return [
        _change(store, entry.record, entry.state == UNSURE, by)
        for entry in entries
        if entry.record.id in selected
    ]


def _change(store: Store, record: Record, unsure: bool, by: dict[str, str]) -> Change:
    return Change(
        id=record.id,
        time=record.time,
        session=record.session,
        item=record.item,
        queue=record.queue,
        path=record.path,
        fields=fields(store, record),
        taken_back=record.id in by,
        taken_back_by=by.get(record.id, ""),
        undoes=record.undoes,
        unsure=unsure,
        forgotten=record.forgotten,
        aside=record.aside,
    )


def fields(store: Store, record: Record) -> dict[str, Changed]:
    """Return the changed fields; of a damaged record those that can be read."""
    try:
        return store.fields(record)
    except StateDamaged:
        return record.fields


def told(change: Change) -> Iterator[str]:
    """Yield a line for each field of a change."""
    when = f"{moments.shown(change.time)}  {change.session or NONE}"
    place = f"{when}  {targets.shown(Path(files.unescape(change.path)))}"
    after = ""
    if change.taken_back:
        after = f", undone{change.taken_back_by and ' by ' + change.taken_back_by}"
    elif change.unsure:
        after = ", unknown whether it was made"
    elif change.forgotten:
        after = ", undo data deleted"
    for line in told_fields(change.fields, place):
        yield line + after


def told_fields(changed: dict[str, Changed], place: str) -> list[str]:
    """Return a line for each changed field of a file, in the format of all commands."""
    return [
        _told_file(change, place)
        if _is_file(name, change)
        else plans.full(
            place, Line(field=name, old=change.old, new=change.new, reason=change.reason)
        )
        for name, change in changed.items()
    ]


def _is_file(name: str, changed: Changed) -> bool:
    """Return whether a field stands for a whole file; an embedded picture does not."""
    values = (*changed.old, *changed.new)
    return name != PICTURE and bool(values) and all(value.startswith(_SUM) for value in values)


def _told_file(changed: Changed, place: str) -> str:
    """Return a line on a file that was created, removed or replaced."""
    what = "removed" if not changed.new else "replaced" if changed.old else "created"
    why = f" ({changed.reason})" if changed.reason else ""
    return f"{files.printable(place)}: {what}{why}"


def data(changed: dict[str, Changed]) -> dict[str, Any]:
    """Return the changed fields as JSON data."""
    return {"fields": {name: structs.asdict(value) for name, value in changed.items()}}


def show(store: Store, selection: Selection, *, as_json: bool) -> None:
    """Print the selected changes."""
    changes = read(store, selection)
    lines = [line for change in changes for line in told(change)]
    told_data = [asdict(recorded) | data(recorded.fields) for recorded in changes]
    shared.show(lines or ["No matching changes."], told_data, as_json=as_json)
