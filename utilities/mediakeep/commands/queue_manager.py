"""The queue manager of any kind, built from a table of actions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mediakeep import command_table, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import quarantined
from mediakeep.app.queue_admin import backup, legacy_import, maintenance, reset, scan, show
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects import registry
from mediakeep.commands import app, complete_names
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.lazy_group import LazyCommand, LazyGroup
from mediakeep.kinds import Kind
from mediakeep.media import ignore_rules

ActionFunction = Callable[..., CommandResult]
POSITIVE_INT = click.IntRange(1)
PATH = app.PathParam()
_SCANNING = (scan.scan_library, scan.relocate_library, legacy_import.import_queue)
_SPECIAL_OPTIONS = ("dry_run", "force", "status", "to", "yes")


@dataclass(frozen=True)
class ManagerAction:
    """One action of a manager; `metavar` is "" if it takes no value."""

    flag: str
    function: ActionFunction
    help: str
    metavar: str = ""
    multiple: bool = False
    allowed_options: tuple[str, ...] = ()  # of _SPECIAL_OPTIONS
    value_type: click.ParamType[Any] = click.STRING


def list_actions(kind: Kind) -> list[ManagerAction]:
    """List the actions of a kind's manager."""
    actions = _list_common_actions(kind)
    return [*actions, *_list_stage_actions()] if kind.stages else actions


def _list_stage_actions() -> list[ManagerAction]:
    """List the actions of kinds with stages, whose items may wait and leave the queue."""
    return [
        ManagerAction(
            "--unpark",
            reset.unpark,
            "Let the next batch process an item that waits, or all of them.",
            "NAME|all",
            allowed_options=("dry_run",),
        ),
        ManagerAction(
            "--retire",
            reset.retire_items,
            "Remove an item, or all completed ones, from the queue; the history keeps them.",
            "NAME|completed",
            allowed_options=("dry_run",),
        ),
        ManagerAction(
            "--restore-retired",
            reset.restore_retired,
            "Bring a retired item back with the status that it had.",
            "NAME",
            allowed_options=("dry_run",),
        ),
        ManagerAction(
            "--list-quarantine",
            quarantined.list_quarantine,
            "List what was replaced or removed, and is kept for some days.",
        ),
        ManagerAction(
            "--restore-quarantined",
            quarantined.restore_quarantined,
            "Move a file or folder back to where it came from.",
            "ID",
            allowed_options=("dry_run",),
        ),
    ]


def _list_common_actions(kind: Kind) -> list[ManagerAction]:
    return [
        ManagerAction(
            "--scan",
            scan.scan_library,
            "Create the queue of a library, or update it to what is on disk.",
            "PATH",
            allowed_options=("dry_run", "yes"),
        ),
        ManagerAction(
            "--relocate",
            scan.relocate_library,
            "Use the new path of a library that was moved; every item keeps its state.",
            "NEW",
            allowed_options=("dry_run", "yes"),
        ),
        ManagerAction(
            "--import-queue",
            legacy_import.import_queue,
            "Import a queue file from before mediakeep.",
            "FILE",
            allowed_options=("dry_run", "yes"),
            value_type=PATH,
        ),
        ManagerAction("--show-summary", show.show_summary, "Show the progress of the queue."),
        ManagerAction(
            "--list",
            show.show_list,
            "List the items, one per line; with --status only those with that status.",
            allowed_options=("status",),
        ),
        ManagerAction(
            f"--show-{kind.noun}",
            show.show_item,
            "Show the queue's data of one item, and its issues.",
            "NAME",
        ),
        ManagerAction(
            f"--reset-{kind.noun}",
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
        ManagerAction(
            "--checkpoint", maintenance.write_checkpoint, "Write a full copy of the queue."
        ),
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
            value_type=POSITIVE_INT,
        ),
        ManagerAction(
            "--archive-logs",
            maintenance.archive_logs,
            "Compress logs of batches that ended DAYS or more ago.",
            "DAYS",
            value_type=POSITIVE_INT,
        ),
        ManagerAction(
            "--backup",
            backup.make_backup,
            "Write what cannot be created again to an archive, also during a batch.",
            "DEST",
            value_type=PATH,
        ),
        ManagerAction(
            "--restore-backup",
            backup.restore_backup,
            "Restore a backup, after checking it.",
            "FILE",
            allowed_options=("dry_run", "yes"),
            value_type=PATH,
        ),
    ]


def build_manager(kind: Kind) -> app.MediakeepCommand:
    """Build the command that manages a kind's queue, whose actions are options."""
    table = list_actions(kind)

    def main(home: Path, **options: Any) -> CommandResult:
        action = _find_action(table, options)
        values = {each.flag: options.pop(_parameter_name(each)) for each in table}
        _reject_unused_options(action, options)
        return _run_action(kind, action, home, values[action.flag], options)

    main.__doc__ = f"Manage the {kind.name} queue: one action a call."
    options = {**_build_special_options(kind), **_build_common_options(kind)}
    decorators = [*(_build_option(kind, action) for action in table), *options.values()]
    return app.create_command()(app.add_options(main, reversed(decorators)))


class _QueueGroup(LazyGroup):
    """The actions of a manager as commands; an action may also be given as its option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Accept a leading option of the manager's script, such as --repair, as a command."""
        if args and args[0].startswith("--"):
            flag, equals, value = args[0].partition("=")
            if (name := command_table.name_action(flag)) in self.lazy:
                args = [name, *([value] if equals else []), *args[1:]]
        return super().parse_args(ctx, args)


def build_group(kind: Kind) -> LazyGroup:
    """Build the commands that manage a kind's queue, one for each action."""
    commands = {
        command_table.name_action(action.flag): LazyCommand(
            action.help, functools.partial(_build_command, kind, action)
        )
        for action in list_actions(kind)
    }
    group = app.create_group(cls=_QueueGroup, lazy=commands)(lambda: None)
    group.help = f"Manage the {kind.name} queue."
    return group


def build_scan(kind: Kind) -> app.MediakeepCommand:
    """Build the command that creates a kind's queue, or updates it."""
    return _build_command(kind, next(each for each in list_actions(kind) if each.flag == "--scan"))


def _build_command(kind: Kind, action: ManagerAction) -> app.MediakeepCommand:
    """Build the command of a single action, whose value is an argument."""

    def main(home: Path, value: Any = None, **options: Any) -> CommandResult:
        return _run_action(kind, action, home, value, options)

    main.__doc__ = action.help
    special, common = _build_special_options(kind), _build_common_options(kind)
    if action.function not in _SCANNING:
        del common["ignore"]
    decorators = [special[name] for name in action.allowed_options if name in special]
    decorators += common.values()
    if action.metavar:
        nargs = -1 if action.multiple else 1
        decorators.insert(
            0,
            click.argument(
                "value",
                metavar=f"{action.metavar}..." if action.multiple else action.metavar,
                type=action.value_type,
                nargs=nargs,
                required=True,
                shell_complete=_get_completer(kind, action),
            ),
        )
    command = app.create_command()(app.add_options(main, reversed(decorators)))
    command.takes_library = action.function == scan.scan_library
    return command


def _run_action(
    kind: Kind, action: ManagerAction, home: Path, value: Any, options: dict[str, Any]
) -> CommandResult:
    """Run an action on a queue, print its result, and return the exit code."""
    ignored = ignore_rules.NOTHING
    if "ignore" in options:
        ignored = ignore_rules.parse_settings(options["ignore"], options["links"])
    queue_kind = options.get("queue", kind)
    if action.function != backup.restore_backup:  # its stages are those of the backup
        queue_kind = registry.load_queue_kind(home, queue_kind)
    context = ManagerContext(
        home,
        queue_kind,
        ClickConsole(),
        options.get("yes", False),
        options.get("force", False),
        options.get("status") or "",
        options.get("to") or "",
        ignored,
        options.get("dry_run", False),
    )
    if action.function == scan.scan_library:
        app.print_implied_home(home, path_text.display_path(value))
    result = action.function(context, value) if action.metavar else action.function(context)
    return app.mark_dry_run(result, dry_run=context.dry_run)


def _build_option(kind: Kind, action: ManagerAction) -> Callable[..., Any]:
    name = _parameter_name(action)
    if not action.metavar:
        return click.option(action.flag, name, is_flag=True, help=action.help)
    return click.option(
        action.flag,
        name,
        metavar=action.metavar,
        multiple=action.multiple,
        type=action.value_type,
        shell_complete=_get_completer(kind, action),
        help=action.help,
    )


def _get_completer(kind: Kind, action: ManagerAction) -> complete_names.Completer | None:
    """Return what completes the value of an action in a shell; None for that of its type."""
    takes_item = action.metavar.startswith("NAME")
    return complete_names.complete_items(kind.name) if takes_item else None


def _parameter_name(action: ManagerAction) -> str:
    """Return a parameter name that no setting has, or mediakeep.toml would set it."""
    return "do_" + action.flag.strip("-").replace("-", "_")


def _build_special_options(kind: Kind) -> dict[str, Callable[..., Any]]:
    """Return the options that apply to some actions only, by name."""
    to_help = f"With --reset-{kind.noun}: begin with this stage, and keep what earlier ones did."
    return {
        **({"to": click.option("--to", metavar="STAGE", help=to_help)} if kind.stages else {}),
        "status": click.option(
            "--status", metavar="S", help="With --list: only items with this status."
        ),
        "dry_run": app.with_dry_run_option("Say what would be changed; change nothing."),
        "yes": app.with_yes_option(),
        "force": click.option(
            "--force", is_flag=True, help="Also reset items that a live session is processing."
        ),
    }


def _build_common_options(kind: Kind) -> dict[str, Callable[..., Any]]:
    """Return the options of all actions, by name."""
    return {
        **({"queue": app.with_queue_option(kind)} if kind.stages else {}),
        "ignore": app.with_ignore_option,
        "json": app.with_json_option,
    }


def _reject_unused_options(action: ManagerAction, options: dict[str, Any]) -> None:
    """Reject an option that has no effect on this action."""
    for name in _SPECIAL_OPTIONS:
        if options.get(name) and name not in action.allowed_options:
            flag = name.replace("_", "-")
            raise click.UsageError(f"--{flag} has no effect with {action.flag}.")


def _find_action(table: list[ManagerAction], options: dict[str, Any]) -> ManagerAction:
    """Return the action that was given; raise a usage error unless it is exactly one."""
    chosen = [
        action for action in table if options[_parameter_name(action)] not in (None, False, ())
    ]
    if len(chosen) != 1:
        flags = ", ".join(action.flag for action in chosen) or "none"
        raise click.UsageError(f"Give exactly one action ({flags} given); --help lists them.")
    return chosen[0]
