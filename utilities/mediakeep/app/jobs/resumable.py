"""The unfinished items of a queue: those whose processing has begun, but not ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import prepare_items
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.item import Item, Status
from mediakeep.queue import claims, resets
from mediakeep.queue.state import QueueState
from mediakeep.views import wait_text

_MAX_WIDTH = 100  # characters of a reason; --json has all of it
_UNFINISHED = (Status.PENDING, Status.IN_PROGRESS, Status.ERROR)


class ResumableItem(msgspec.Struct, frozen=True):
    """An unfinished item: the stage that runs next, when, and what exists of it.

    `not_before` is "" if the item can run now, or if no attempt is left.
    """

    name: str
    status: Status
    stage: str
    not_before: str = ""
    why: str = ""  # the reason of the wait, or the error
    progress: str = ""


def list_resumable(context: ManagerContext, settings: Mapping[str, Any]) -> CommandResult:
    """List the unfinished items, each with the reason on a line of its own."""
    state = context.read_state()
    claims.simulate_recovery(state, context.location)
    found = {
        key: _describe(context, key, state.items[key], settings) for key in select_unfinished(state)
    }
    lines = [_format(item, context.location.now()) for item in found.values()]
    return CommandResult(lines or ["Nothing to resume."], found)


def select_unfinished(state: QueueState) -> list[str]:
    """Return the keys of the items whose processing has begun, but not ended."""
    return [key for key, item in state.items.items() if _is_unfinished(state, item)]


def select_due(state: QueueState, now: str) -> list[str]:
    """Return the keys of the unfinished items that may be claimed at the time `now`."""
    unfinished = {key: state.items[key] for key in select_unfinished(state)}
    return [
        key
        for key, item in unfinished.items()
        if item.status is Status.PENDING and item.not_before <= now
    ]


def _is_unfinished(state: QueueState, item: Item) -> bool:
    return item.status in _UNFINISHED and resets.has_progress(state.kind, item)


def _describe(
    context: ManagerContext, key: str, item: Item, settings: Mapping[str, Any]
) -> ResumableItem:
    actions = prepare_items.get_actions(context)
    return ResumableItem(
        context.kind.name_item(key, item),
        item.status,
        context.kind.get_stage(item),
        item.not_before,
        item.parked or item.error_message,
        actions.describe_progress(context.home, item, settings),
    )


def _format(item: ResumableItem, now: datetime) -> str:
    wait = wait_text.format_wait(item.not_before, "", now) if item.not_before else ""
    state = "failed" if item.status is Status.ERROR else ""
    parts = (f"next stage {item.stage}", item.progress, state, wait)
    text = "; ".join(path_text.to_printable(part) for part in parts if part)
    line = f"{path_text.quote_escaped(item.name)}: {text}"
    return f"{line}\n    {_shorten(path_text.to_printable(item.why))}" if item.why else line


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_WIDTH else f"{text[: _MAX_WIDTH - 3]}..."
