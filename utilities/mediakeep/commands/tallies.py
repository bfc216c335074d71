"""The sessions that changed files, with how many of their changes were undone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mediakeep import kinds
from mediakeep.commands import changes, moments, selection, shared, subjects
from mediakeep.commands.changes import NONE, Change
from mediakeep.commands.selection import Selection
from mediakeep.kinds import Kind
from mediakeep.media.undoing.store import Store
from mediakeep.pages import page
from mediakeep.queue import history

_OWN = re.compile(r"\d{8}_(\w+)_[0-9a-f]{6}")  # a session of a command without a queue

Key = tuple[str, str]  # the kind of items, "" for several; and the session id


@dataclass
class Session:
    """All changes of one session; `changes` counts fields.

    `called` is its name if another queue has a session with the same id.
    """

    session: str
    called: str
    command: str
    first: str
    last: str
    paths: set[str] = field(default_factory=set)
    items: dict[str, set[str]] = field(default_factory=dict)  # by kind
    changes: int = 0
    taken_back: int = 0
    undone: int = 0  # changes that undo others
    of: set[str] = field(default_factory=set)  # the sessions whose changes were undone


def sessions(home: Path, changes: Sequence[Change]) -> list[Session]:
    """Summarize changes by session, newest first."""
    commands, called = _commands(home), _called(changes)
    labels_by_id = {change.id: called[_key(change)] for change in changes}
    by_key: dict[Key, Session] = {}
    for change in changes:
        key, session = _key(change), change.session
        named = _OWN.fullmatch(session)
        command = named[1] if named else commands.get(key, "")
        summary = by_key.setdefault(
            key, Session(session, called[key], command, change.time, change.time)
        )
        summary.last = change.time
        _count(summary, change, labels_by_id)
    newest_first = list(by_key.values())[::-1]  # also within one second
    return sorted(newest_first, key=lambda summary: summary.last, reverse=True)


def _key(change: Change) -> Key:
    """Return the key that identifies a session."""
    return change.queue if selection.is_numbered(change.session) else "", change.session


def _called(changes: Sequence[Change]) -> dict[Key, str]:
    """Return the name of each session."""
    keys = {_key(change) for change in changes}
    names = Counter(session for _, session in keys)
    return {
        (queue, session): f"{queue}/{session}" if names[session] > 1 else session
        for queue, session in keys
    }


def _count(summary: Session, change: Change, labels_by_id: dict[str, str]) -> None:
    summary.paths.add(change.path)
    summary.items.setdefault(change.queue, set()).update({change.item} - {""})
    if change.undoes:
        summary.undone += len(change.fields)
        summary.of.add(labels_by_id.get(change.undoes, ""))
    else:
        summary.changes += len(change.fields)
    summary.taken_back += len(change.fields) * change.taken_back


def _commands(home: Path) -> dict[Key, str]:
    """Return the command that started each session, as far as the histories reach."""
    commands = {}
    for kind in kinds.KINDS.values():
        batch = kind.batch.removesuffix(".py")
        for path in history.paths(subjects.folder(home, kind)):
            for _, event in history.read(path):
                if event["op"] == "start":
                    key = kind.name, str(event.get("session"))
                    commands[key] = str(event.get("command", batch))
    return commands


def told(session: Session) -> str:
    """Return a line on a session."""
    counts = [
        page.counted(len(session.paths), "file"),
        *([page.counted(session.changes, "change")] if session.changes else []),
        *(page.counted(len(keys), kind.noun) for kind, keys in _items(session) if keys),
    ]
    what = f"{session.command}: " if session.command else ""
    line = f"{moments.shown(session.last)}  {session.called or NONE}  {what}{', '.join(counts)}"
    if session.undone:
        whose = ", ".join(sorted(filter(None, session.of)))
        line += f"; undid {page.counted(session.undone, 'change')}{whose and ' of ' + whose}"
    if session.taken_back:
        is_all = session.taken_back == session.changes + session.undone
        line += f"; {'all' if is_all else f'{session.taken_back:,}'} undone since"
    return line


def _items(session: Session) -> list[tuple[Kind, set[str]]]:
    return [(kind, session.items.get(kind.name, set())) for kind in kinds.KINDS.values()]


def show(home: Path, store: Store, *, as_json: bool) -> None:
    """Print all sessions that changed files."""
    summaries = sessions(home, changes.read(store, Selection()))
    lines = list(map(told, summaries)) or ["No file changed yet."]
    shared.show(lines, list(map(_data, summaries)), as_json=as_json)


def _data(session: Session) -> dict[str, Any]:
    return {
        "session": session.called,
        "command": session.command,
        "first": session.first,
        "last": session.last,
        "files": len(session.paths),
        **{kind.plural: sorted(keys) for kind, keys in _items(session)},
        "changes": session.changes,
        "took_back": session.undone,
        "took_back_of": sorted(filter(None, session.of)),
        "taken_back": session.taken_back,
    }
