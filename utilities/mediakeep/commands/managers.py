"""The queue manager of any kind, built from a table of actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mediakeep.commands import backups, imports, looks, resets, scans, shared, upkeep
from mediakeep.commands.desk import Answer, Desk
from mediakeep.kinds import Kind
from mediakeep.media import ignoring

Act = Callable[..., Answer]
COUNT = click.IntRange(1)
PLACE = shared.Place()


@dataclass(frozen=True)
class Action:
    """One action of a manager; `metavar` is "" if it takes no value."""

    flag: str
    act: Act
    help: str
    metavar: str = ""
    multiple: bool = False
    words: tuple[str, ...] = ()  # of --status, --yes and --force, those that apply
    value: click.ParamType[Any] = click.STRING


def actions(kind: Kind) -> list[Action]:
    """List the actions of a kind's manager."""
    return [
        Action(
            "--scan",
            scans.scan,
            "Create the queue of a library, or update it to what is on disk.",
            "PATH",
            words=("yes",),
        ),
        Action(
            "--relocate",
            scans.relocate,
            "Use the new path of a library that was moved; every item keeps its state.",
            "NEW",
            words=("yes",),
        ),
        Action(
            "--import-queue",
            imports.import_queue,
            "Import a queue file from before mediakeep.",
            "FILE",
            words=("yes",),
            value=PLACE,
        ),
        Action("--show-summary", looks.show_summary, "Show the progress of the queue."),
        Action(
            "--list",
            looks.show_list,
            "List the items, one per line; with --status only those with that status.",
            words=("status",),
        ),
        Action(
            f"--show-{kind.noun}",
            looks.show_item,
            "Show the queue's data of one item, and its issues.",
            "NAME",
        ),
        Action(
            f"--reset-{kind.noun}",
            resets.reset_items,
            "Make the named items pending again, with no attempts counted.",
            "NAME",
            multiple=True,
            words=("force",),
        ),
        Action("--reset-errors", resets.reset_errors, "Make all failed items pending."),
        Action(
            "--reset-in-progress",
            resets.reset_in_progress,
            "Make all items in progress pending; those of a dead batch become so anyway.",
            words=("force",),
        ),
        Action(
            "--reset-all",
            resets.reset_all,
            "Make every item pending; asks unless --yes is given.",
            words=("yes", "force"),
        ),
        Action(
            "--reset-outdated",
            resets.reset_outdated,
            "Reprocess items that were completed under older rules, after all pending ones.",
        ),
        Action(
            "--mark-completed",
            resets.mark_completed,
            "Mark an item as completed without processing it.",
            "NAME",
        ),
        Action("--prioritize", resets.prioritize, "Process an item before all others.", "NAME"),
        Action(
            "--forget",
            resets.forget,
            "Remove a vanished or ignored item from the queue; no media file is deleted.",
            "NAME",
        ),
        Action(
            "--forget-vanished",
            resets.forget_vanished,
            "Remove all vanished and ignored items from the queue; no media file is deleted.",
        ),
        Action(
            "--validate-queue",
            upkeep.validate,
            "Check the whole queue; exit code 3 if there are problems, each with its fix.",
        ),
        Action(
            "--repair",
            upkeep.mend,
            "Rebuild damaged files from intact ones; damaged files are moved to aside/.",
        ),
        Action("--checkpoint", upkeep.checkpoint, "Write a full copy of the queue."),
        Action("--list-checkpoints", looks.list_checkpoints, "List the checkpoints, newest first."),
        Action(
            "--restore-checkpoint",
            upkeep.restore,
            "Replace the queue by a checkpoint, after checking it.",
            "FILE|latest",
        ),
        Action(
            "--replay-aside",
            upkeep.replay_aside,
            "Show what a restore undid; with --yes bring it back.",
            "FILE",
            words=("yes",),
        ),
        Action(
            "--prune-checkpoints",
            upkeep.prune,
            "Remove checkpoints except the newest N, one per day, and the newest valid one.",
            "N",
            value=COUNT,
        ),
        Action(
            "--archive-logs",
            upkeep.archive_logs,
            "Compress the session logs of batches that ended at least DAYS ago.",
            "DAYS",
            value=COUNT,
        ),
        Action(
            "--backup",
            backups.backup,
            "Write all that cannot be created again into one archive, also during a batch.",
            "DEST",
            value=PLACE,
        ),
        Action(
            "--restore-backup",
            backups.restore_backup,
            "Restore a backup, after checking it.",
            "FILE",
            words=("yes",),
            value=PLACE,
        ),
    ]


def build(kind: Kind) -> shared.Command:
    """Build the command that manages a kind's queue."""
    table = actions(kind)

    def main(home: Path, as_json: bool, **options: Any) -> int:
        common = {name: options.pop(name) for name in ("yes", "force", "status")}
        ignored = ignoring.patterns(options.pop("ignore"))
        context = Desk(home, kind, common["yes"], common["force"], common["status"] or "", ignored)
        action = _chosen(table, options)
        _refuse_idle(action, common)
        value = options[_name(action)]
        result = action.act(context, value) if action.metavar else action.act(context)
        shared.show(result.lines, result.data, as_json=as_json)
        return result.code

    main.__doc__ = f"Manage the {kind.name} queue: one action a call."
    function: Callable[..., Any] = main
    for option in reversed([*map(_option, table), *_words()]):
        function = option(function)
    return shared.command()(function)


def _option(action: Action) -> Callable[..., Any]:
    name = _name(action)
    if not action.metavar:
        return click.option(action.flag, name, is_flag=True, help=action.help)
    return click.option(
        action.flag,
        name,
        metavar=action.metavar,
        multiple=action.multiple,
        type=action.value,
        help=action.help,
    )


def _name(action: Action) -> str:
    """Return a parameter name that no setting has, or mediakeep.toml would set it."""
    return "do_" + action.flag.strip("-").replace("-", "_")


def _words() -> list[Callable[..., Any]]:
    return [
        click.option("--status", metavar="S", help="With --list: only items with this status."),
        click.option(
            "--yes", is_flag=True, help="Do not ask for confirmation, and skip the safeguards."
        ),
        click.option(
            "--force", is_flag=True, help="Also reset items that a live session is processing."
        ),
        shared.ignoring,
        shared.as_json,
    ]


def _refuse_idle(action: Action, options: dict[str, Any]) -> None:
    """Reject an option that has no effect on this action."""
    for name, value in options.items():
        if value and name not in action.words:
            raise click.UsageError(f"--{name} has no effect with {action.flag}.")


def _chosen(table: list[Action], options: dict[str, Any]) -> Action:
    """Return the action that was given; raise a usage error unless it is exactly one."""
    chosen = [action for action in table if options[_name(action)] not in (None, False, ())]
    if len(chosen) != 1:
        flags = ", ".join(action.flag for action in chosen) or "none"
        raise click.UsageError(f"Give exactly one action ({flags} given); --help lists them.")
    return chosen[0]
