"""Manager actions that change items: reset, mark, prioritize, forget."""

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


def reset_items(context: Desk, names: tuple[str, ...]) -> Answer:
    """Make the named items pending, with no attempts counted."""
    return _reset(context, actions.named(names))


def reset_errors(context: Desk) -> Answer:
    """Make all failed items pending."""
    return _reset(context, actions.with_status(Status.ERROR))


def reset_in_progress(context: Desk) -> Answer:
    """Make all items in progress pending; those of a dead batch become so anyway."""
    return _reset(context, actions.with_status(Status.IN_PROGRESS))


def reset_all(context: Desk) -> Answer:
    """Make every item pending; ask for confirmation unless --yes is given."""
    total = terminal.count(len(context.read().items), context.kind.noun, context.kind.plural)
    context.confirm(f"Make all {total} pending? Their reports stay.")
    return _reset(context, actions.with_status(*(set(Status) - {Status.PENDING})))


def _reset(context: Desk, choose: Choose) -> Answer:
    with context.opened() as queue:
        recovered = queue.taken_back
        record = queue.change(actions.reset(queue.where, choose, force=context.force))
    keys = [*recovered, *(record.items if record else ())]
    return _pending(context, list(dict.fromkeys(keys)))


def _pending(context: Desk, keys: list[str]) -> Answer:
    text = terminal.count(len(keys), context.kind.noun, context.kind.plural)
    verb = "is" if len(keys) == 1 else "are"
    name = f'"{keys[0]}"' if len(keys) == 1 else text
    line = f"{name} {verb} pending again." if keys else "Nothing to reset."
    return Answer([line], {"reset": keys})


def reset_outdated(context: Desk) -> Answer:
    """Reprocess items that were completed under older rules, after all pending ones."""
    with context.opened() as queue:
        record = queue.change(actions.reset_outdated)
    return _pending(context, list(record.items) if record else [])


def mark_completed(context: Desk, name: str) -> Answer:
    """Mark an item as completed without processing it."""
    return _one(
        context, actions.mark_completed(name, clock.text(clock.now())), "is marked as completed"
    )


def prioritize(context: Desk, name: str) -> Answer:
    """Process an item before all others."""
    return _one(context, actions.prioritize(name), "is next")


def forget(context: Desk, name: str) -> Answer:
    """Remove a vanished or ignored item from the queue; its history and undo records stay."""
    return _one(context, actions.forget(name), "is forgotten")


def forget_vanished(context: Desk) -> Answer:
    """Remove all vanished and ignored items from the queue; history and undo records stay."""
    with context.opened() as queue:
        record = queue.change(actions.forget_gone)
    keys = list(record.items) if record else []
    line = terminal.count(len(keys), context.kind.noun, context.kind.plural) if keys else "Nothing"
    verb = "are" if len(keys) > 1 else "is"
    return Answer([f"{line} {verb} forgotten."], {"forgotten": keys})


def _one(context: Desk, decide: Decide, what: str) -> Answer:
    with context.opened() as queue:
        record = queue.change(decide)
    keys = list(record.items) if record else []
    return Answer([f'"{key}" {what}.' for key in keys], {"changed": keys})
