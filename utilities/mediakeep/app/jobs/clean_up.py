"""Remove the working files of items that are done, or failed with no attempt left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediakeep import path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import prepare_items, roll_back
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.item import Item, Status
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange

_ENDED = (Status.COMPLETED, Status.SKIPPED)


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
    is_restored = item.skip_reason != roll_back.UNFINISHED  # else its files may be needed for that
    return is_given_up or (item.status in _ENDED and is_restored)
