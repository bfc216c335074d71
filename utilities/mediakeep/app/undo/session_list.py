"""The sessions that changed files, with how many of their changes were undone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mediakeep import clock, kinds
from mediakeep.app.console import CommandResult
from mediakeep.app.subjects import registry
from mediakeep.app.undo import change_list, selector
from mediakeep.app.undo.change_list import NO_SESSION, RecordedChange
from mediakeep.app.undo.selector import ChangeSelector
from mediakeep.kinds import Kind
from mediakeep.media.undo.store import UndoStore
from mediakeep.queue.history import event_log
from mediakeep.size_text import format_count

# a session of a command without a queue
_COMMAND_SESSION_NAME = re.compile(r"\d{8}_(\w+)_[0-9a-f]{6}")

SessionKey = tuple[str, str]  # the kind of items, "" for several; and the session id


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
    summaries = summarize_sessions(home, change_list.read_changes(store, ChangeSelector()))
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
