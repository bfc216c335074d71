"""Manager actions that only read: summary, list, one item, checkpoints."""

from __future__ import annotations

import msgspec

from mediakeep import suggest
from mediakeep.commands.desk import Answer, Desk
from mediakeep.errors import MediakeepError, UsageFailed
from mediakeep.item import Status
from mediakeep.queue import actions, checkpoints, reading
from mediakeep.views import summary, terminal


def show_summary(context: Desk) -> Answer:
    """Show the progress of the queue."""
    view = reading.whole(context.folder, context.kind)
    progress = summary.read(context.folder, view.state, view.records)
    return Answer(terminal.summary(progress), progress)


def show_list(context: Desk) -> Answer:
    """List the items, one per line; with --status only those with that status."""
    state = context.read()
    wanted = _status(context.status) if context.status else None
    chosen = {key: item for key, item in state.items.items() if wanted in (None, item.status)}
    data = {key: item.status.value for key, item in chosen.items()}
    return Answer(terminal.listing(state, wanted), data)


def _status(name: str) -> Status:
    try:
        return Status(name)
    except ValueError as error:
        names = ", ".join(status.value for status in Status)
        near = suggest.did_you_mean(name, Status)
        raise UsageFailed(f'Unknown status "{name}". Known statuses: {names}.{near}') from error


def show_item(context: Desk, name: str) -> Answer:
    """Show the queue's data of one item, and its issues."""
    state = context.read()
    key = actions.find(state, name)
    item = state.items[key]
    try:
        issues, error_text, code = context.subject.issues(context.home, item), "", 0
    except MediakeepError as error:
        issues, error_text, code = None, str(error), error.exit_code
    lines = terminal.item(key, item)
    lines += [error_text] if error_text else terminal.item_issues(item, issues, context.home)
    data = {**msgspec.to_builtins(item), "issues": issues}
    return Answer(lines, {key: data}, code)


def list_checkpoints(context: Desk) -> Answer:
    """List the checkpoints, newest first."""
    listed = checkpoints.listing(context.folder)
    lines = [f"{checkpoint.path.name}  {checkpoint.bytes:,} bytes" for checkpoint in listed]
    data = [{"name": checkpoint.path.name, "bytes": checkpoint.bytes} for checkpoint in listed]
    return Answer(lines or ["No checkpoints yet."], data)
