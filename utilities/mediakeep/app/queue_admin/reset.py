"""Manager actions that change items: reset, mark, prioritize, forget, retire."""

from __future__ import annotations

from collections.abc import Callable

from mediakeep import clock
from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.errors import ItemInUse
from mediakeep.item import Status
from mediakeep.queue import actions, retire
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import ChangeDecider, QueueChange
from mediakeep.size_text import format_count

ALL = "all"  # stands for all items instead of a name
COMPLETED = "completed"  # stands for all completed items instead of a name
KeySelector = Callable[[QueueState], list[str]]


def reset_items(context: ManagerContext, names: tuple[str, ...]) -> CommandResult:
    """Make the named items pending, with no attempts counted.

    With a stage in the context, they begin with that stage, and keep what earlier ones recorded.
    """
    return _reset_selected(context, actions.select_by_name(names))


def reset_errors(context: ManagerContext) -> CommandResult:
    """Make all failed items pending."""
    return _reset_selected(context, actions.select_by_status(Status.ERROR))


def reset_in_progress(context: ManagerContext) -> CommandResult:
    """Make all items in progress pending; those of a dead batch become so anyway."""
    return _reset_selected(context, actions.select_by_status(Status.IN_PROGRESS))


def reset_all(context: ManagerContext) -> CommandResult:
    """Make every item pending; ask for confirmation unless --yes is given."""
    total = format_count(len(context.read_state().items), context.kind.noun, context.kind.plural)
    context.confirm(f"Make all {total} pending? Their reports stay.")
    return _reset_selected(context, actions.select_by_status(*(set(Status) - {Status.PENDING})))


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
    text = format_count(len(keys), context.kind.noun, context.kind.plural)
    return CommandResult([f"{text} {verb} retired."], {"retired": keys})


def restore_retired(context: ManagerContext, name: str) -> CommandResult:
    """Bring a retired item back with the status that it had."""
    with context.open_queue() as queue:
        key = queue.restore_retired(name)
        name, status = queue.state.name_item(key), queue.state.items[key].status
    return CommandResult(
        [f'"{name}" is in the queue again: {status.value}.'], {"restored": key, "status": status}
    )


def _reset_selected(context: ManagerContext, choose: KeySelector) -> CommandResult:
    with context.open_queue() as queue:
        recovered = queue.recovered_items
        try:
            change = actions.reset_items(
                queue.location, choose, force=context.force, to_stage=context.to_stage
            )
            record = queue.commit(change)
        except ItemInUse as error:
            name, session, _ = error.args
            raise ItemInUse(name, session, ", or add --force") from error
        keys = [*recovered, *(record.items if record else ())]
        return _build_result(queue.state, list(dict.fromkeys(keys)))


def _build_result(state: QueueState, keys: list[str]) -> CommandResult:
    text = format_count(len(keys), state.kind.noun, state.kind.plural)
    verb = "is" if len(keys) == 1 else "are"
    name = f'"{state.name_item(keys[0])}"' if len(keys) == 1 else text
    line = f"{name} {verb} pending again." if keys else "Nothing to reset."
    return CommandResult([line], {"reset": keys})


def reset_outdated(context: ManagerContext) -> CommandResult:
    """Reprocess items that were completed under older rules, after all pending ones."""
    with context.open_queue() as queue:
        record = queue.commit(actions.reset_outdated)
        return _build_result(queue.state, list(record.items) if record else [])


def mark_completed(context: ManagerContext, name: str) -> CommandResult:
    """Mark an item as completed without processing it."""
    return _change_one(
        context,
        actions.mark_completed(name, clock.format_iso(clock.now())),
        "is marked as completed",
    )


def prioritize(context: ManagerContext, name: str) -> CommandResult:
    """Process an item before all others."""
    return _change_one(context, actions.prioritize_item(name), "is next")


def forget_item(context: ManagerContext, name: str) -> CommandResult:
    """Remove a vanished or ignored item from the queue; its history and undo records stay."""
    return _change_one(context, actions.forget_item(name), "is forgotten")


def forget_vanished(context: ManagerContext) -> CommandResult:
    """Remove all vanished and ignored items from the queue; history and undo records stay."""
    with context.open_queue() as queue:
        record = queue.commit(actions.forget_gone)
    keys = list(record.items) if record else []
    line = format_count(len(keys), context.kind.noun, context.kind.plural) if keys else "Nothing"
    verb = "are" if len(keys) > 1 else "is"
    return CommandResult([f"{line} {verb} forgotten."], {"forgotten": keys})


def unpark(context: ManagerContext, name: str) -> CommandResult:
    """Let the next batch process an item that waits, or all of them."""

    def choose(state: QueueState) -> list[str]:
        return list(state.items) if name == ALL else [actions.find_item_key(state, name)]

    with context.open_queue() as queue:
        record = queue.commit(actions.unpark_items(choose))
    keys = list(record.items) if record else []
    if not keys:
        return CommandResult(["Nothing waits."], {"unparked": keys})
    verb = "waits" if len(keys) == 1 else "wait"
    text = format_count(len(keys), context.kind.noun, context.kind.plural)
    return CommandResult([f"{text} no longer {verb}."], {"unparked": keys})


def _change_one(context: ManagerContext, decide: ChangeDecider, what: str) -> CommandResult:
    names: dict[str, str] = {}

    def decide_and_name(state: QueueState) -> QueueChange | None:
        change = decide(state)
        names.update({key: state.name_item(key) for key in change.items} if change else {})
        return change

    with context.open_queue() as queue:
        queue.commit(decide_and_name)
    lines = [f'"{name}" {what}.' for name in names.values()]
    return CommandResult(lines, {"changed": [*names]})
