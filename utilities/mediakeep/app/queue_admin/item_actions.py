"""The actions on an item of a queue: those of queue managers, `jobs.py` and `undo_changes.py`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mediakeep.app import write_policy
from mediakeep.app.console import CollectingConsole, CommandResult
from mediakeep.app.jobs import manage_jobs
from mediakeep.app.queue_admin import reset
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.undo.run_undo import UndoOptions, UndoRun
from mediakeep.app.undo.selector import ChangeSelector
from mediakeep.item import Item, Status, is_no_longer_found
from mediakeep.kinds import Kind
from mediakeep.media.safewrite.atomic_replace import ReplaceRules
from mediakeep.media.undo.store import UndoStore


def _undo_changes(context: ManagerContext, key: str) -> CommandResult:
    """Undo all changes of an item's files with the settings of the home, as undo_changes does."""
    policy = write_policy.read_policy(context.home)
    rules = ReplaceRules(policy.hardlinks, policy.keep_mtime)
    with contextlib.closing(UndoStore(context.home / "status" / "undo")) as store:
        steps = ChangeSelector(item=key, queue=context.kind.name).plan_steps(store)
        console = CollectingConsole(agrees=True)
        options = UndoOptions(context.home, rules, dry_run=False, force=False, as_json=True)
        code = UndoRun(options, console).run(steps, store)
    return CommandResult([*console.lines, *console.messages], console.data, code)


@dataclass(frozen=True)
class ActionRow:
    """A row of the table of actions: its function, and which items it fits."""

    function: Callable[[ManagerContext, str], CommandResult]
    fits: Callable[[Kind, Item], bool] = lambda *_: True
    command: str = ""  # words of the command that does the same, for tests and documentation


ACTIONS: Mapping[str, ActionRow] = {
    "reset": ActionRow(
        lambda context, key: reset.reset_items(context, (key,)),
        lambda _, item: item.status is not Status.PENDING,
        "manager --reset-NOUN KEY",
    ),
    "prioritize": ActionRow(
        reset.prioritize,
        lambda _, item: item.status is Status.PENDING,
        "manager --prioritize KEY",
    ),
    "complete": ActionRow(
        reset.mark_completed,
        lambda _, item: item.status in (Status.PENDING, Status.ERROR),
        "manager --mark-completed KEY",
    ),
    "unpark": ActionRow(
        reset.unpark, lambda kind, item: bool(kind.stages and item.parked), "manager --unpark KEY"
    ),
    "cancel": ActionRow(
        lambda context, key: manage_jobs.cancel_jobs([context], [key]),
        lambda kind, item: (
            bool(kind.stages) and item.status not in (Status.COMPLETED, Status.SKIPPED)
        ),
        "jobs cancel KEY",
    ),
    "forget": ActionRow(
        reset.forget_item,
        lambda _, item: is_no_longer_found(item),
        "manager --forget KEY",
    ),
    "retire": ActionRow(
        reset.retire_items,
        lambda kind, item: bool(kind.stages) and item.status is Status.COMPLETED,
        "manager --retire KEY",
    ),
    "undo": ActionRow(_undo_changes, lambda kind, _: not kind.stages, "undo_changes --NOUN KEY"),
}
