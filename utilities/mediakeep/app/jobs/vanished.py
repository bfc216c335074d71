"""Remove the outputs of items whose sources have vanished, as the subject's settings want it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediakeep import path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import prepare_items
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.item import OutputRemoval, SkipReason, Status, is_no_longer_found
from mediakeep.queue import actions, resets
from mediakeep.queue.state import QueueState


def remove_outputs(context: ManagerContext, settings: Mapping[str, Any]) -> CommandResult:
    """Remove the outputs of vanished items; they begin again if their sources return."""
    state = context.read_state()
    removals = _handle_vanished(context, state, settings, write=True)
    if not removals:
        return CommandResult([], {})
    with context.open_queue() as queue:
        queue.begin_session(command="remove_outputs")
        try:
            for key, removal in removals.items():
                values = {**removal.data, "returns_to": Status.PENDING.value}
                reason = SkipReason.VANISHED.value
                queue.commit(actions.skip_item(queue.location, key, reason, values))
        finally:
            queue.end_session(command="remove_outputs")
    return _build_result(context, state, removals, "moved")


def preview_removals(
    context: ManagerContext, state: QueueState, settings: Mapping[str, Any]
) -> CommandResult:
    """Say what `remove_outputs` would remove with a queue; write nothing."""
    removals = _handle_vanished(context, state, settings, write=False)
    return _build_result(context, state, removals, "that would be moved")


def _handle_vanished(
    context: ManagerContext, state: QueueState, settings: Mapping[str, Any], *, write: bool
) -> dict[str, OutputRemoval]:
    remove = prepare_items.get_actions(context).remove_outputs
    if remove is None:
        return {}
    consumed = resets.find_consumed_sources(state.kind, state.items.values())
    return {
        key: removal
        for key, item in state.items.items()
        if is_no_longer_found(item)
        and item.skip_reason == SkipReason.VANISHED
        and item.path not in consumed
        and (removal := remove(context.home, item, settings, write)) is not None
    }


def _build_result(
    context: ManagerContext, state: QueueState, removals: Mapping[str, OutputRemoval], verb: str
) -> CommandResult:
    removed = [key for key, removal in removals.items() if not removal.kept]
    names = ", ".join(
        path_text.quote_escaped(context.kind.name_item(key, state.items[key])) for key in removed
    )
    lines = [f"Outputs of vanished sources {verb} to quarantine: {names}."] if removed else []
    lines += [removal.kept for removal in removals.values() if removal.kept]
    return CommandResult(lines, {"removed": removed} if removals else {})
