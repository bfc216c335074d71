"""Manager actions that retire items and restore retired ones."""

from __future__ import annotations

from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.item import Status
from mediakeep.queue import actions, retire
from mediakeep.views import terminal

COMPLETED = "completed"  # stands for all completed items instead of a name


def retire_items(context: ManagerContext, name: str) -> CommandResult:
    """Remove an item, or all completed ones, from the queue; the history keeps them."""
    choose = (
        actions.select_by_status(Status.COMPLETED)
        if name == COMPLETED
        else actions.select_by_name([name])
    )
    with context.open_queue() as queue:
        record = queue.commit(retire.retire_items(queue.location, choose))
    keys = list(record.items) if record else []
    if not keys:
        return CommandResult(["Nothing to retire."], {"retired": keys})
    verb = "is" if len(keys) == 1 else "are"
    text = terminal.format_count(len(keys), context.kind.noun, context.kind.plural)
    return CommandResult([f"{text} {verb} retired."], {"retired": keys})


def restore_retired(context: ManagerContext, name: str) -> CommandResult:
    """Bring a retired item back with the status that it had."""
    with context.open_queue() as queue:
        key = queue.restore_retired(name)
        status = queue.state.items[key].status
    return CommandResult(
        [f'"{key}" is in the queue again: {status.value}.'], {"restored": key, "status": status}
    )
