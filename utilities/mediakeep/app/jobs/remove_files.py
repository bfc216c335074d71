"""Remove what jobs have made: working files, outputs of vanished sources, and by rollback.

The rollback of an item removes its outputs, and restores its source if it was consumed:

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
from mediakeep.item import Item, OutputRemoval, SkipReason, Status, is_no_longer_found
from mediakeep.queue import actions, resets
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange

UNFINISHED = "rollback unfinished"
ROLLED_BACK = "rolled back"
_ENDED = (Status.COMPLETED, Status.SKIPPED)


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
        with queue.open_session(command="roll_back"):
            queue.commit(actions.skip_item(queue.location, key, UNFINISHED))
            data, lines = job_actions.roll_back(context.home, queue.state.items[key], settings)
            queue.commit(actions.skip_item(queue.location, key, ROLLED_BACK, data))
    lines = [f"{shown} is rolled back, and skipped until it is reset.", *lines]
    return CommandResult(lines, {"rolled_back": [key]})


def remove_outputs(context: ManagerContext, settings: Mapping[str, Any]) -> CommandResult:
    """Remove the outputs of vanished items; they begin again if their sources return."""
    state = context.read_state()
    removals = _handle_vanished(context, state, settings, write=True)
    if not removals:
        return CommandResult([], {})
    with context.open_queue() as queue, queue.open_session(command="remove_outputs"):
        for key, removal in removals.items():
            values = {**removal.data, "returns_to": Status.PENDING.value}
            reason = SkipReason.VANISHED.value
            queue.commit(actions.skip_item(queue.location, key, reason, values))
    return _describe_removals(context, state, removals, "moved")


def preview_removals(
    context: ManagerContext, state: QueueState, settings: Mapping[str, Any]
) -> CommandResult:
    """Say what `remove_outputs` would remove with a queue; write nothing."""
    removals = _handle_vanished(context, state, settings, write=False)
    return _describe_removals(context, state, removals, "that would be moved")


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


def _describe_removals(
    context: ManagerContext, state: QueueState, removals: Mapping[str, OutputRemoval], verb: str
) -> CommandResult:
    removed = [key for key, removal in removals.items() if not removal.kept]
    names = ", ".join(
        path_text.quote_escaped(context.kind.name_item(key, state.items[key])) for key in removed
    )
    lines = [f"Outputs of vanished sources {verb} to quarantine: {names}."] if removed else []
    lines += [removal.kept for removal in removals.values() if removal.kept]
    return CommandResult(lines, {"removed": removed} if removals else {})


def list_clean_up(context: ManagerContext, settings: Mapping[str, Any]) -> CommandResult:
    """List the files that `clean_up` would remove."""
    find = prepare_items.get_actions(context).find_working_files
    state = context.read_state()
    found = {key: find(context.home, state.items[key], settings) for key in _select_ended(state)}
    found = {key: paths for key, paths in found.items() if paths}
    lines = [path_text.to_printable(path) for paths in found.values() for path in paths]
    return CommandResult(lines or ["Nothing to clean up."], found)


def clean_up(context: ManagerContext, settings: Mapping[str, Any]) -> CommandResult:
    """Remove the working files of all items that have ended.

    First what failed items would have resumed with those files is forgotten, so that a later
    attempt begins again. Each item is cleaned under the lock of the queue, so that no batch claims
    it meanwhile.
    """
    actions = prepare_items.get_actions(context)
    removed: dict[str, list[str]] = {}

    def clean(state: QueueState, key: str) -> None:
        item = state.items.get(key)
        if item and _has_ended(item):
            paths = actions.find_working_files(context.home, item, settings)
            actions.remove_working_files(context.home, item, settings)
            removed.update({key: paths} if paths else {})

    with context.open_queue() as queue:
        queue.commit(_forget_progress)
        for key in _select_ended(queue.state):
            queue.call_with_lock(lambda state, key=key: clean(state, key))  # type: ignore[misc]
    lines = [
        f"Removed {path_text.to_printable(path)}" for paths in removed.values() for path in paths
    ]
    return CommandResult(lines or ["Nothing to clean up."], removed)


def _forget_progress(state: QueueState) -> QueueChange | None:
    """Return the change that removes the parts and kept stages of items that have ended."""
    ended = {key: state.items[key] for key in _select_ended(state)}
    patches = {
        key: {"parts": None, "resume_stage": None}
        for key, item in ended.items()
        if item.parts or item.resume_stage
    }
    return QueueChange("cleanup", patches) if patches else None


def _select_ended(state: QueueState) -> list[str]:
    return [key for key, item in state.items.items() if _has_ended(item)]


def _has_ended(item: Item) -> bool:
    is_given_up = item.status is Status.ERROR and not item.not_before
    is_restored = item.skip_reason != UNFINISHED  # else its files may be needed for that
    return is_given_up or (item.status in _ENDED and is_restored)
