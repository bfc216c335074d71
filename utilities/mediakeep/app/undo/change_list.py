"""The recorded changes of files, each with whether it was undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep import clock, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.edit import audio_targets
from mediakeep.app.undo.selector import ChangeSelector
from mediakeep.errors import StateDamaged
from mediakeep.media.audio.tag_edits import PICTURES_FIELD
from mediakeep.media.undo import change_text
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import ChangeRecord, FieldChange
from mediakeep.media.undo.store import UNSURE, VOID, UndoStore, find_undone

NO_SESSION = "(no session)"  # for changes that no command made

_FILE_HASH_PREFIX = "sha256:"  # prefix of a record's value for a whole file


@dataclass(frozen=True)
class RecordedChange:
    """One change of one file; `taken_back_by` is the session that undid it."""

    id: str
    time: str
    session: str
    item: str
    queue: str
    path: str
    fields: dict[str, FieldChange]
    taken_back: bool
    taken_back_by: str
    undoes: str
    unsure: bool
    forgotten: bool
    aside: str


def read_changes(store: UndoStore, selection: ChangeSelector) -> list[RecordedChange]:
    """Return the selected changes, oldest first; without those that were never made."""
    queries = selection.build_queries
    entries = [entry for query in queries for entry in store.find(query) if entry.state != VOID]
    selected = {entry.record.id for entry in entries}
    if RecordQuery() not in queries:  # otherwise the records that undo them are included already
        entries = [
            entry for entry in store.add_related_undo_records(entries) if entry.state != VOID
        ]
    undone_ids = find_undone(entry.record for entry in entries if entry.state != UNSURE)
    records = [entry.record for entry in entries]
    by = {
        undo_record.undoes: undo_record.session
        for undo_record in records
        if undo_record.undoes in undone_ids and undo_record.id not in undone_ids
    }
    return [
        _build_change(store, entry.record, entry.state == UNSURE, by)
        for entry in entries
        if entry.record.id in selected
    ]


def _build_change(
    store: UndoStore, record: ChangeRecord, unsure: bool, by: dict[str, str]
) -> RecordedChange:
    return RecordedChange(
        id=record.id,
        time=record.time,
        session=record.session,
        item=record.item,
        queue=record.queue,
        path=record.path,
        fields=read_fields(store, record),
        taken_back=record.id in by,
        taken_back_by=by.get(record.id, ""),
        undoes=record.undoes,
        unsure=unsure,
        forgotten=record.forgotten,
        aside=record.aside,
    )


def read_fields(store: UndoStore, record: ChangeRecord) -> dict[str, FieldChange]:
    """Return the changed fields; of a damaged record those that can be read."""
    try:
        return store.load_fields(record)
    except StateDamaged:
        return record.fields


def format_change(change: RecordedChange) -> Iterator[str]:
    """Yield a line for each field of a change."""
    when = f"{clock.format_local(change.time)}  {change.session or NO_SESSION}"
    place = f"{when}  {audio_targets.display_path(Path(path_text.unescape_path(change.path)))}"
    after = ""
    if change.taken_back:
        after = f", undone{change.taken_back_by and ' by ' + change.taken_back_by}"
    elif change.unsure:
        after = ", unknown whether it was made"
    elif change.forgotten:
        after = ", undo data deleted"
    for line in format_fields(change.fields, place):
        yield line + after


def format_fields(changed: dict[str, FieldChange], place: str) -> list[str]:
    """Return a line for each changed field of a file, in the format of all commands."""
    return [
        _format_file_change(change, place)
        if _is_whole_file(name, change)
        else change_text.format_change(place, name, change)
        for name, change in changed.items()
    ]


def _is_whole_file(name: str, changed: FieldChange) -> bool:
    """Return whether a field stands for a whole file; an embedded picture does not."""
    values = (*changed.old, *changed.new)
    return (
        name != PICTURES_FIELD
        and bool(values)
        and all(value.startswith(_FILE_HASH_PREFIX) for value in values)
    )


def _format_file_change(changed: FieldChange, place: str) -> str:
    """Return a line on a file that was created, removed or replaced."""
    what = "removed" if not changed.new else "replaced" if changed.old else "created"
    return change_text.add_place_and_reason(place, what, changed.reason)


def fields_to_json(changed: dict[str, FieldChange]) -> dict[str, Any]:
    """Return the changed fields as JSON data."""
    return {"fields": {name: structs.asdict(value) for name, value in changed.items()}}


def list_changes(store: UndoStore, selection: ChangeSelector) -> CommandResult:
    """List the selected changes."""
    changes = read_changes(store, selection)
    lines = [line for change in changes for line in format_change(change)]
    data = [asdict(recorded) | fields_to_json(recorded.fields) for recorded in changes]
    return CommandResult(lines or ["No matching changes."], data)
