"""Remove the outputs of items whose sources have vanished, as the subject's settings want it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediakeep import path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import prepare_items
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.item import SkipReason, Status, is_no_longer_found
from mediakeep.queue import actions


def remove_outputs(context: ManagerContext, settings: Mapping[str, Any]) -> CommandResult:
    """Remove the outputs of vanished items; they begin again if their sources return."""
    remove = prepare_items.get_actions(context).remove_outputs
    if remove is None:
        return CommandResult([], {})
    items = context.read_state().items
    found = {
        key: data
        for key, item in items.items()
        if is_no_longer_found(item)
        and item.skip_reason == SkipReason.VANISHED
        and (data := remove(context.home, item, settings)) is not None
    }
    if not found:
        return CommandResult([], {})
    with context.open_queue() as queue:
        queue.begin_session(command="remove_outputs")
        try:
            for key, data in found.items():
                values = {**data, "returns_to": Status.PENDING.value}
                reason = SkipReason.VANISHED.value
                queue.commit(actions.skip_item(queue.location, key, reason, values))
        finally:
            queue.end_session(command="remove_outputs")
    names = ", ".join(
        path_text.quote_escaped(context.kind.name_item(key, items[key])) for key in found
    )
    return CommandResult(
        [f"Outputs of vanished sources moved to quarantine: {names}."], {"removed": [*found]}
    )
