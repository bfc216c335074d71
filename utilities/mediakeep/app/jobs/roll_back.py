"""Roll back an item: remove its outputs, and restore its source if it was consumed.

1. The item becomes skipped with the reason "rollback unfinished", so that no batch processes it.
2. The subject removes the outputs and restores the source.
3. The item becomes skipped with the reason "rolled back", until the user resets it.

1 and 3 are one commit each. If this is killed, the same command continues at 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediakeep import path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import prepare_items
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.errors import UsageError
from mediakeep.queue import actions

UNFINISHED = "rollback unfinished"
ROLLED_BACK = "rolled back"


def roll_back(context: ManagerContext, name: str, settings: Mapping[str, Any]) -> CommandResult:
    """Roll back one item; raise UsageError if its kind cannot do that."""
    job_actions = prepare_items.get_actions(context)
    if job_actions.roll_back is None:
        raise UsageError(f"{context.kind.plural.capitalize()} cannot be rolled back.")
    with context.open_queue() as queue:
        key = actions.find_item_key(queue.state, name)
        item = queue.state.items[key]
        shown = path_text.quote_escaped(context.kind.name_item(key, item))
        if item.skip_reason == ROLLED_BACK:
            return CommandResult([f"{shown} is rolled back already."], {"rolled_back": []})
        job_actions.check_roll_back(context.home, item, settings)
        context.confirm(f"Roll back {shown}? Its outputs are removed.")
        queue.begin_session(command="roll_back")
        try:
            queue.commit(actions.skip_item(queue.location, key, UNFINISHED))
            data, lines = job_actions.roll_back(context.home, queue.state.items[key], settings)
            queue.commit(actions.skip_item(queue.location, key, ROLLED_BACK, data))
        finally:
            queue.end_session(command="roll_back")
    lines = [f"{shown} is rolled back, and skipped until it is reset.", *lines]
    return CommandResult(lines, {"rolled_back": [key]})
