"""The manager's actions that look: summary, list, one item, checkpoints."""

from __future__ import annotations

import msgspec

from mediakeep import suggest
from mediakeep.commands.desk import Answer, Desk
from mediakeep.errors import MediakeepError, UsageFailed
from mediakeep.item import Status
from mediakeep.queue import actions, checkpoints, reading
from mediakeep.views import summary, terminal


def show_summary(desk: Desk) -> Answer:
    """Show how far the queue is."""
    found = reading.whole(desk.folder, desk.kind)
    told = summary.read(desk.folder, found.state, found.records)
    return Answer(terminal.summary(told), told)


def show_list(desk: Desk) -> Answer:
    """List the items, one a line, with --status only those of that status."""
    state = desk.read()
    wanted = _status(desk.status) if desk.status else None
    chosen = {key: item for key, item in state.items.items() if wanted in (None, item.status)}
    data = {key: item.status.value for key, item in chosen.items()}
    return Answer(terminal.listing(state, wanted), data)


def _status(name: str) -> Status:
    try:
        return Status(name)
    except ValueError as error:
        known = ", ".join(status.value for status in Status)
        near = suggest.did_you_mean(name, Status)
        raise UsageFailed(f'There is no status "{name}"; there are {known}.{near}') from error


def show_item(desk: Desk, name: str) -> Answer:
    """Show everything that the queue knows of one item, and its issues."""
    state = desk.read()
    key = actions.find(state, name)
    item = state.items[key]
    try:
        found, trouble, code = desk.subject.issues(desk.home, item), "", 0
    except MediakeepError as error:
        found, trouble, code = None, str(error), error.exit_code
    lines = terminal.item(key, item)
    lines += [trouble] if trouble else terminal.item_issues(item, found, desk.home)
    data = {**msgspec.to_builtins(item), "issues": found}
    return Answer(lines, {key: data}, code)


def list_checkpoints(desk: Desk) -> Answer:
    """List the checkpoints, newest first."""
    found = checkpoints.listing(desk.folder)
    lines = [f"{one.path.name}  {one.bytes:,} bytes" for one in found]
    data = [{"name": one.path.name, "bytes": one.bytes} for one in found]
    return Answer(lines or ["There is no checkpoint yet."], data)
