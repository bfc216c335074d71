"""The sessions that changed files, each with what became of its changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mediakeep import kinds
from mediakeep.commands import changes, moments, shared, subjects
from mediakeep.commands.changes import NONE, Change
from mediakeep.commands.selection import Selection
from mediakeep.media.undoing.store import Store
from mediakeep.pages import page
from mediakeep.queue import history

_OWN = re.compile(r"\d{8}_(\w+)_[0-9a-f]{6}")  # the session of a command without a queue
_BATCH = "process_music_batch"


@dataclass
class Session:
    """All that one session changed; `changes` counts fields."""

    session: str
    command: str
    first: str
    last: str
    paths: set[str] = field(default_factory=set)
    artists: set[str] = field(default_factory=set)
    changes: int = 0
    taken_back: int = 0
    undone: int = 0  # changes that take back others
    of: set[str] = field(default_factory=set)  # the sessions whose changes these were


def sessions(home: Path, made: Sequence[Change]) -> list[Session]:
    """Sum up changes by their sessions, the newest first."""
    commands = _commands(home)
    of = {change.id: change.session for change in made}
    found: dict[str, Session] = {}
    for change in made:
        named = _OWN.fullmatch(change.session)
        command = named[1] if named else commands.get(change.session, "")
        one = found.setdefault(
            change.session, Session(change.session, command, change.time, change.time)
        )
        one.last = change.time
        _count(one, change, of)
    newest_first = list(found.values())[::-1]  # of one second, too
    return sorted(newest_first, key=lambda one: one.last, reverse=True)


def _count(one: Session, change: Change, of: dict[str, str]) -> None:
    one.paths.add(change.path)
    one.artists |= {change.item} - {""}
    if change.undoes:
        one.undone += len(change.fields)
        one.of.add(of.get(change.undoes, ""))
    else:
        one.changes += len(change.fields)
    one.taken_back += len(change.fields) * change.taken_back


def _commands(home: Path) -> dict[str, str]:
    """Tell by which command each session was begun, as far as the history goes."""
    found = {}
    for path in history.paths(subjects.folder(home, kinds.MUSIC)):
        for _, event in history.read(path):
            if event["op"] == "start":
                found[str(event.get("session"))] = str(event.get("command", _BATCH))
    return found


def told(one: Session) -> str:
    """Tell of a session in a line."""
    counts = [
        page.counted(len(one.paths), "file"),
        *([page.counted(one.changes, "change")] if one.changes else []),
        *([page.counted(len(one.artists), "artist")] if one.artists else []),
    ]
    what = f"{one.command}: " if one.command else ""
    line = f"{moments.shown(one.last)}  {one.session or NONE}  {what}{', '.join(counts)}"
    if one.undone:
        whose = ", ".join(sorted(filter(None, one.of)))
        line += f"; took back {page.counted(one.undone, 'change')}{whose and ' of ' + whose}"
    if one.taken_back:
        every = one.taken_back == one.changes + one.undone
        line += f"; {'all' if every else f'{one.taken_back:,}'} taken back since"
    return line


def show(home: Path, store: Store, *, as_json: bool) -> None:
    """List all sessions that changed files."""
    found = sessions(home, changes.read(store, Selection()))
    lines = list(map(told, found)) or ["No file was changed yet."]
    shared.show(lines, list(map(_data, found)), as_json=as_json)


def _data(one: Session) -> dict[str, Any]:
    return {
        "session": one.session,
        "command": one.command,
        "first": one.first,
        "last": one.last,
        "files": len(one.paths),
        "artists": sorted(one.artists),
        "changes": one.changes,
        "took_back": one.undone,
        "took_back_of": sorted(filter(None, one.of)),
        "taken_back": one.taken_back,
    }
