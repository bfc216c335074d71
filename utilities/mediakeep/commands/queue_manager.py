"""The queue manager of any kind, built from a table of actions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mediakeep import command_table, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin import backup, legacy_import, scan
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects import registry
from mediakeep.commands import app, complete_names, manager_actions
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.lazy_group import LazyCommand, LazyGroup
from mediakeep.commands.manager_actions import ManagerAction
from mediakeep.kinds import Kind
from mediakeep.media import ignore_rules

_SCANNING = (scan.scan_library, scan.relocate_library, legacy_import.import_queue)


def build_manager(kind: Kind) -> app.MediakeepCommand:
    """Build the command that manages a kind's queue, whose actions are options."""
    table = manager_actions.list_actions(kind)

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
        for action in manager_actions.list_actions(kind)
    }
    group = app.create_group(cls=_QueueGroup, lazy=commands)(lambda: None)
    group.help = f"Manage the {kind.name} queue."
    return group


def build_scan(kind: Kind) -> app.MediakeepCommand:
    """Build the command that creates a kind's queue, or updates it."""
    return _build_command(
        kind, next(each for each in manager_actions.list_actions(kind) if each.flag == "--scan")
    )


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
    for name in manager_actions.SPECIAL_OPTIONS:
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
