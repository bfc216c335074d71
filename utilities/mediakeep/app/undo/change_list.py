"""The recorded changes of files, each with whether it was undone, and the sessions of changes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep import clock, kinds, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.edit import audio_targets
from mediakeep.app.subjects import registry
from mediakeep.app.undo import selector
from mediakeep.app.undo.selector import ChangeSelector
from mediakeep.errors import StateDamaged
from mediakeep.kinds import Kind
from mediakeep.media.audio.tag_edits import PICTURES_FIELD
from mediakeep.media.undo import change_text
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import ChangeRecord, FieldChange
from mediakeep.media.undo.store import UNSURE, VOID, UndoStore, find_undone
from mediakeep.queue.history import event_log
from mediakeep.size_text import format_count

NO_SESSION = "(no session)"  # for changes that no command made

_FILE_HASH_PREFIX = "sha256:"  # prefix of a record's value for a whole file
# a session of a command without a queue
_COMMAND_SESSION_NAME = re.compile(r"\d{8}_(\w+)_[0-9a-f]{6}")

SessionKey = tuple[str, str]  # the kind of items, "" for several; and the session id


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


@dataclass
class SessionChanges:
    """All changes of one session; `changes` counts fields.

    `called` is its name if another queue has a session with the same id.
    """

    session: str
    label: str
    command: str
    first: str
    last: str
    paths: set[str] = field(default_factory=set)
    items: dict[str, set[str]] = field(default_factory=dict)  # by kind
    changes: int = 0
    taken_back: int = 0
    undo_count: int = 0  # changes that undo others
    undone_sessions: set[str] = field(default_factory=set)  # the sessions whose changes were undone


def summarize_sessions(home: Path, changes: Sequence[RecordedChange]) -> list[SessionChanges]:
    """Summarize changes by session, newest first."""
    commands, called = _commands_by_session(home), _session_labels(changes)
    labels_by_id = {change.id: called[_session_key(change)] for change in changes}
    by_key: dict[SessionKey, SessionChanges] = {}
    for change in changes:
        key, session = _session_key(change), change.session
        named = _COMMAND_SESSION_NAME.fullmatch(session)
        command = named[1] if named else commands.get(key, "")
        summary = by_key.setdefault(
            key, SessionChanges(session, called[key], command, change.time, change.time)
        )
        summary.last = change.time
        _add_change(summary, change, labels_by_id)
    newest_first = list(by_key.values())[::-1]  # also within one second
    return sorted(newest_first, key=lambda summary: summary.last, reverse=True)


def _session_key(change: RecordedChange) -> SessionKey:
    """Return the key that identifies a session."""
    return change.queue if selector.is_queue_session(change.session) else "", change.session


def _session_labels(changes: Sequence[RecordedChange]) -> dict[SessionKey, str]:
    """Return the name of each session."""
    keys = {_session_key(change) for change in changes}
    names = Counter(session for _, session in keys)
    return {
        (queue, session): f"{queue}/{session}" if names[session] > 1 else session
        for queue, session in keys
    }


def _add_change(
    summary: SessionChanges, change: RecordedChange, labels_by_id: dict[str, str]
) -> None:
    summary.paths.add(change.path)
    summary.items.setdefault(change.queue, set()).update({change.item} - {""})
    if change.undoes:
        summary.undo_count += len(change.fields)
        summary.undone_sessions.add(labels_by_id.get(change.undoes, ""))
    else:
        summary.changes += len(change.fields)
    summary.taken_back += len(change.fields) * change.taken_back


def _commands_by_session(home: Path) -> dict[SessionKey, str]:
    """Return the command that started each session, as far as the histories reach."""
    commands = {}
    for kind in registry.list_queues(home, {}).values():
        batch = kind.batch_script.replace(".py", "")
        for path in event_log.list_files(registry.queue_folder(home, kind)):
            for _, event in event_log.iter_events(path):
                if event["op"] == "start":
                    key = kind.name, str(event.get("session"))
                    commands[key] = str(event.get("command", batch))
    return commands


def format_session(session: SessionChanges) -> str:
    """Return a line on a session."""
    counts = [
        format_count(len(session.paths), "file"),
        *([format_count(session.changes, "change")] if session.changes else []),
        *(format_count(len(keys), kind.noun) for kind, keys in _items_by_kind(session) if keys),
    ]
    what = f"{session.command}: " if session.command else ""
    head = f"{clock.format_local(session.last)}  {session.label or NO_SESSION}"
    line = f"{head}  {what}{', '.join(counts)}"
    if session.undo_count:
        whose = ", ".join(sorted(filter(None, session.undone_sessions)))
        line += f"; undid {format_count(session.undo_count, 'change')}{whose and ' of ' + whose}"
    if session.taken_back:
        is_all = session.taken_back == session.changes + session.undo_count
        line += f"; {'all' if is_all else f'{session.taken_back:,}'} undone since"
    return line


def _items_by_kind(session: SessionChanges) -> list[tuple[Kind, set[str]]]:
    return [(kind, session.items.get(kind.name, set())) for kind in kinds.list_kinds().values()]


def list_sessions(home: Path, store: UndoStore) -> CommandResult:
    """List all sessions that changed files."""
    summaries = summarize_sessions(home, read_changes(store, ChangeSelector()))
    lines = list(map(format_session, summaries)) or ["No file changed yet."]
    return CommandResult(lines, list(map(_to_json, summaries)))


def _to_json(session: SessionChanges) -> dict[str, Any]:
    return {
        "session": session.label,
        "command": session.command,
        "first": session.first,
        "last": session.last,
        "files": len(session.paths),
        **{kind.plural: sorted(keys) for kind, keys in _items_by_kind(session)},
        "changes": session.changes,
        "took_back": session.undo_count,
        "took_back_of": sorted(filter(None, session.undone_sessions)),
        "taken_back": session.taken_back,
    }
