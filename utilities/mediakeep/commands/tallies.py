"""The sessions that changed files, each with what became of its changes."""

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

_OWN = re.compile(r"\d{8}_(\w+)_[0-9a-f]{6}")  # the session of a command without a queue

Key = tuple[str, str]  # the kind of items, "" for several; and the session


@dataclass
class Session:
    """All that one session changed; `changes` counts fields.

    `called` is what it is called by where another queue has a session of its name.
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
    undone: int = 0  # changes that take back others
    of: set[str] = field(default_factory=set)  # the sessions whose changes these were


def sessions(home: Path, made: Sequence[Change]) -> list[Session]:
    """Sum up changes by their sessions, the newest first."""
    commands, called = _commands(home), _called(made)
    of = {change.id: called[_key(change)] for change in made}
    found: dict[Key, Session] = {}
    for change in made:
        key, session = _key(change), change.session
        named = _OWN.fullmatch(session)
        command = named[1] if named else commands.get(key, "")
        one = found.setdefault(
            key, Session(session, called[key], command, change.time, change.time)
        )
        one.last = change.time
        _count(one, change, of)
    newest_first = list(found.values())[::-1]  # of one second, too
    return sorted(newest_first, key=lambda one: one.last, reverse=True)


def _key(change: Change) -> Key:
    """Return what tells a session from all others."""
    return change.queue if selection.is_numbered(change.session) else "", change.session


def _called(made: Sequence[Change]) -> dict[Key, str]:
    """Tell what to call each session by."""
    keys = {_key(change) for change in made}
    names = Counter(session for _, session in keys)
    return {
        (queue, session): f"{queue}/{session}" if names[session] > 1 else session
        for queue, session in keys
    }


def _count(one: Session, change: Change, of: dict[str, str]) -> None:
    one.paths.add(change.path)
    one.items.setdefault(change.queue, set()).update({change.item} - {""})
    if change.undoes:
        one.undone += len(change.fields)
        one.of.add(of.get(change.undoes, ""))
    else:
        one.changes += len(change.fields)
    one.taken_back += len(change.fields) * change.taken_back


def _commands(home: Path) -> dict[Key, str]:
    """Tell by which command each session was begun, as far as the histories go."""
    found = {}
    for kind in kinds.KINDS.values():
        batch = kind.batch.removesuffix(".py")
        for path in history.paths(subjects.folder(home, kind)):
            for _, event in history.read(path):
                if event["op"] == "start":
                    key = kind.name, str(event.get("session"))
                    found[key] = str(event.get("command", batch))
    return found


def told(one: Session) -> str:
    """Tell of a session in a line."""
    counts = [
        page.counted(len(one.paths), "file"),
        *([page.counted(one.changes, "change")] if one.changes else []),
        *(page.counted(len(keys), kind.noun) for kind, keys in _items(one) if keys),
    ]
    what = f"{one.command}: " if one.command else ""
    line = f"{moments.shown(one.last)}  {one.called or NONE}  {what}{', '.join(counts)}"
    if one.undone:
        whose = ", ".join(sorted(filter(None, one.of)))
        line += f"; took back {page.counted(one.undone, 'change')}{whose and ' of ' + whose}"
    if one.taken_back:
        every = one.taken_back == one.changes + one.undone
        line += f"; {'all' if every else f'{one.taken_back:,}'} taken back since"
    return line


def _items(one: Session) -> list[tuple[Kind, set[str]]]:
    return [(kind, one.items.get(kind.name, set())) for kind in kinds.KINDS.values()]


def show(home: Path, store: Store, *, as_json: bool) -> None:
    """List all sessions that changed files."""
    found = sessions(home, changes.read(store, Selection()))
    lines = list(map(told, found)) or ["No file was changed yet."]
    shared.show(lines, list(map(_data, found)), as_json=as_json)


def _data(one: Session) -> dict[str, Any]:
    return {
        "session": one.called,
        "command": one.command,
        "first": one.first,
        "last": one.last,
        "files": len(one.paths),
        **{kind.plural: sorted(keys) for kind, keys in _items(one)},
        "changes": one.changes,
        "took_back": one.undone,
        "took_back_of": sorted(filter(None, one.of)),
        "taken_back": one.taken_back,
    }
