"""The manager's actions that change items: reset, mark, prioritise."""

from __future__ import annotations

from collections.abc import Callable

from mediakeep import clock
from mediakeep.commands.desk import Answer, Desk
from mediakeep.item import Status
from mediakeep.queue import actions
from mediakeep.queue.state import State
from mediakeep.queue.store import Decide
from mediakeep.views import terminal

Choose = Callable[[State], list[str]]


def reset_items(desk: Desk, names: tuple[str, ...]) -> Answer:
    """Make the named items pending, as if they had never been tried."""
    return _reset(desk, actions.named(names))


def reset_errors(desk: Desk) -> Answer:
    """Make all failed items pending."""
    return _reset(desk, actions.with_status(Status.ERROR))


def reset_in_progress(desk: Desk) -> Answer:
    """Make all items in progress pending; what a dead batch left is taken back by itself."""
    return _reset(desk, actions.with_status(Status.IN_PROGRESS))


def reset_all(desk: Desk) -> Answer:
    """Make every item pending; asks, unless --yes is given."""
    total = terminal.count(len(desk.read().items), desk.kind.noun, desk.kind.plural)
    desk.confirm(f"Make all {total} pending? Their reports stay.")
    return _reset(desk, actions.with_status(*(set(Status) - {Status.PENDING})))


def _reset(desk: Desk, choose: Choose) -> Answer:
    with desk.opened() as opened:
        taken = opened.taken_back
        record = opened.change(actions.reset(opened.where, choose, force=desk.force))
    keys = [*taken, *(record.items if record else ())]
    return _pending(desk, list(dict.fromkeys(keys)))


def _pending(desk: Desk, keys: list[str]) -> Answer:
    told = terminal.count(len(keys), desk.kind.noun, desk.kind.plural)
    verb = "is" if len(keys) == 1 else "are"
    name = f'"{keys[0]}"' if len(keys) == 1 else told
    line = f"{name} {verb} pending again." if keys else "There is nothing to reset."
    return Answer([line], {"reset": keys})


def reset_outdated(desk: Desk) -> Answer:
    """Have what older rules completed done again, after all that is pending."""
    with desk.opened() as opened:
        record = opened.change(actions.reset_outdated)
    return _pending(desk, list(record.items) if record else [])


def mark_completed(desk: Desk, name: str) -> Answer:
    """Count an item as completed without working on it."""
    return _one(desk, actions.mark_completed(name, clock.text(clock.now())), "counts as completed")


def prioritize(desk: Desk, name: str) -> Answer:
    """Have an item taken before all others."""
    return _one(desk, actions.prioritize(name), "is next")


def forget(desk: Desk, name: str) -> Answer:
    """Remove a vanished or ignored item from the queue; its history and undo records stay."""
    return _one(desk, actions.forget(name), "is forgotten")


def forget_vanished(desk: Desk) -> Answer:
    """Remove all vanished and ignored items from the queue; history and undo records stay."""
    with desk.opened() as opened:
        record = opened.change(actions.forget_gone)
    keys = list(record.items) if record else []
    line = terminal.count(len(keys), desk.kind.noun, desk.kind.plural) if keys else "Nothing"
    verb = "are" if len(keys) > 1 else "is"
    return Answer([f"{line} {verb} forgotten."], {"forgotten": keys})


def _one(desk: Desk, decide: Decide, what: str) -> Answer:
    with desk.opened() as opened:
        record = opened.change(decide)
    keys = list(record.items) if record else []
    return Answer([f'"{key}" {what}.' for key in keys], {"changed": keys})
