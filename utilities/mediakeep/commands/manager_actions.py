"""The actions of a queue manager, as one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import click

from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import quarantined
from mediakeep.app.queue_admin import backup, legacy_import, maintenance, reset, scan, show
from mediakeep.commands import app
from mediakeep.kinds import Kind

ActionFunction = Callable[..., CommandResult]
SPECIAL_OPTIONS = ("dry_run", "force", "status", "to", "yes")  # that few actions have
_POSITIVE = click.IntRange(1)
_PATH = app.PathParam()


@dataclass(frozen=True)
class ManagerAction:
    """One action of a manager; `metavar` is "" if it takes no value.

    `{noun}` in its flag stands for the noun of the kind, such as "artist".
    """

    flag: str
    function: ActionFunction
    help: str
    metavar: str = ""
    multiple: bool = False
    allowed_options: tuple[str, ...] = ()  # of SPECIAL_OPTIONS
    value_type: click.ParamType[Any] = click.STRING
    only_stages: bool = False  # of kinds with stages, whose items may wait and leave the queue


_ACTIONS = (
    ManagerAction(
        "--scan",
        scan.scan_library,
        "Create the queue of a library, or update it to what is on disk.",
        "PATH",
        allowed_options=("dry_run", "yes"),
        value_type=app.PATH_TEXT,
    ),
    ManagerAction(
        "--relocate",
        scan.relocate_library,
        "Use the new path of a library that was moved; every item keeps its state.",
        "NEW",
        allowed_options=("dry_run", "yes"),
        value_type=app.PATH_TEXT,
    ),
    ManagerAction(
        "--import-queue",
        legacy_import.import_queue,
        "Import a queue file from before mediakeep.",
        "FILE",
        allowed_options=("dry_run", "yes"),
        value_type=_PATH,
    ),
    ManagerAction("--show-summary", show.show_summary, "Show the progress of the queue."),
    ManagerAction(
        "--list",
        show.show_list,
        "List the items, one per line; with --status only those with that status.",
        allowed_options=("status",),
    ),
    ManagerAction(
        "--show-{noun}",
        show.show_item,
        "Show the queue's data of one item, and its issues.",
        "NAME",
    ),
    ManagerAction(
        "--reset-{noun}",
        reset.reset_items,
        "Make the named items pending again, with no attempts counted.",
        "NAME",
        multiple=True,
        allowed_options=("dry_run", "force", "to"),
    ),
    ManagerAction(
        "--reset-errors",
        reset.reset_errors,
        "Make all failed items pending.",
        allowed_options=("dry_run",),
    ),
    ManagerAction(
        "--reset-in-progress",
        reset.reset_in_progress,
        "Make all items in progress pending; those of a dead batch become so anyway.",
        allowed_options=("dry_run", "force"),
    ),
    ManagerAction(
        "--reset-all",
        reset.reset_all,
        "Make every item pending; asks unless --yes is given.",
        allowed_options=("dry_run", "force", "yes"),
    ),
    ManagerAction(
        "--reset-outdated",
        reset.reset_outdated,
        "Reprocess items that were completed under older rules, after all pending ones.",
        allowed_options=("dry_run",),
    ),
    ManagerAction(
        "--mark-completed",
        reset.mark_completed,
        "Mark an item as completed without processing it.",
        "NAME",
        allowed_options=("dry_run",),
    ),
    ManagerAction(
        "--prioritize",
        reset.prioritize,
        "Process an item before all others.",
        "NAME",
        allowed_options=("dry_run",),
    ),
    ManagerAction(
        "--forget",
        reset.forget_item,
        "Remove a vanished or ignored item from the queue; no media file is deleted.",
        "NAME",
        allowed_options=("dry_run", "yes"),  # nothing is asked, but scripts may say so
    ),
    ManagerAction(
        "--forget-vanished",
        reset.forget_vanished,
        "Remove all vanished and ignored items from the queue; no media file is deleted.",
        allowed_options=("dry_run", "yes"),
    ),
    ManagerAction(
        "--validate-queue",
        maintenance.validate_queue,
        "Check the whole queue; exit code 3 if there are problems, each with its fix.",
    ),
    ManagerAction(
        "--repair",
        maintenance.repair_queue,
        "Rebuild damaged files from intact ones; damaged files are moved to aside/.",
    ),
    ManagerAction("--checkpoint", maintenance.write_checkpoint, "Write a full copy of the queue."),
    ManagerAction(
        "--list-checkpoints", show.list_checkpoints, "List the checkpoints, newest first."
    ),
    ManagerAction(
        "--restore-checkpoint",
        maintenance.restore_checkpoint,
        "Replace the queue by a checkpoint, after checking it.",
        "FILE|latest",
        allowed_options=("dry_run",),
    ),
    ManagerAction(
        "--replay-aside",
        maintenance.replay_aside,
        "Show what a restore undid; with --yes bring it back.",
        "FILE",
        allowed_options=("yes",),
    ),
    ManagerAction(
        "--prune-checkpoints",
        maintenance.prune_checkpoints,
        "Remove checkpoints except the newest N, one per day, and the newest valid one.",
        "N",
        allowed_options=("dry_run",),
        value_type=_POSITIVE,
    ),
    ManagerAction(
        "--archive-logs",
        maintenance.archive_logs,
        "Compress logs of batches that ended DAYS or more ago.",
        "DAYS",
        value_type=_POSITIVE,
    ),
    ManagerAction(
        "--backup",
        backup.make_backup,
        "Write what cannot be created again to an archive, also during a batch.",
        "DEST",
        value_type=_PATH,
    ),
    ManagerAction(
        "--restore-backup",
        backup.restore_backup,
        "Restore a backup, after checking it.",
        "FILE",
        allowed_options=("dry_run", "yes"),
        value_type=_PATH,
    ),
    ManagerAction(
        "--unpark",
        reset.unpark,
        "Let the next batch process an item that waits, or all of them.",
        "NAME|all",
        allowed_options=("dry_run",),
        only_stages=True,
    ),
    ManagerAction(
        "--retire",
        reset.retire_items,
        "Remove an item, or all completed ones, from the queue; the history keeps them.",
        "NAME|completed",
        allowed_options=("dry_run",),
        only_stages=True,
    ),
    ManagerAction(
        "--restore-retired",
        reset.restore_retired,
        "Bring a retired item back with the status that it had.",
        "NAME",
        allowed_options=("dry_run",),
        only_stages=True,
    ),
    ManagerAction(
        "--list-quarantine",
        quarantined.list_quarantine,
        "List what was replaced or removed, and is kept for some days.",
        only_stages=True,
    ),
    ManagerAction(
        "--restore-quarantined",
        quarantined.restore_quarantined,
        "Move a file or folder back to where it came from.",
        "ID",
        allowed_options=("dry_run",),
        only_stages=True,
    ),
)


def list_actions(kind: Kind) -> list[ManagerAction]:
    """Return the actions of a kind's manager."""
    return [
        replace(action, flag=action.flag.format(noun=kind.noun))
        for action in _ACTIONS
        if kind.stages or not action.only_stages
    ]
