"""The command `mediakeep`, whose subcommands are those of the command table, and the scripts.

A subcommand is imported when it is used, so that `mediakeep --help` imports none.
"""

from __future__ import annotations

import copy
import functools
import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from mediakeep import command_table, command_text, home_folder, kinds
from mediakeep.command_table import CommandEntry
from mediakeep.commands import app
from mediakeep.commands.lazy_group import LazyCommand, LazyGroup
from mediakeep.errors import NoHome, UsageError

_COMPLETION_VARIABLE = "_MEDIAKEEP_COMPLETE"  # set by the scripts of shells; named by Click


def load_command(entry: CommandEntry, *, script: bool = False) -> click.Command:
    """Import the command of an entry, or that of its script."""
    target = kinds.load(entry.script_target if script and entry.script_target else entry.target)
    command = target(kinds.get_kind(entry.kind)) if entry.kind else target
    is_own = not (script and entry.script_target)  # else its words differ from the example's
    if isinstance(command, app.MediakeepCommand) and entry.example and is_own:
        command.example = _format_example(entry)
    below = {} if script else _list_below(f"{entry.name} ")
    if below:  # such as the queue of episodes, whose other commands are in a group
        command = copy.copy(command)
        command.lazy = {**command.lazy, **below}
    assert isinstance(command, click.Command)
    return command


def _format_example(entry: CommandEntry) -> str:
    if entry.script and not entry.script_target:
        return command_text.format_command(f"{entry.script}.py", words=entry.example)
    return f"{command_text.find_program() or 'python -m mediakeep'} {entry.name} {entry.example}"


def _list_below(prefix: str) -> dict[str, LazyCommand]:
    """Return the commands whose names begin with a prefix, without it, and the groups of them."""
    found: dict[str, LazyCommand] = {}
    for entry in command_table.TABLE:
        name, _, deeper = entry.name.removeprefix(prefix).partition(" ")
        if not entry.name.startswith(prefix) or name in found:
            continue
        load: Callable[[], click.Command] = functools.partial(load_command, entry)
        text = entry.help
        if deeper:
            load, text = functools.partial(_build_group, name), command_table.GROUPS[name]
        found[name] = LazyCommand(text, load)
    return found


def _list_by_section() -> dict[str, LazyCommand]:
    """Return all commands, sorted by the sections of the help."""
    rest, found = _list_below(""), dict[str, LazyCommand]()
    for section, names in command_table.SECTIONS.items():
        for name in [name for name in names or [*rest] if name in rest]:
            found[name] = rest.pop(name)._replace(section=section)
    return found


def _build_group(name: str) -> LazyGroup:
    group = app.create_group(cls=LazyGroup, lazy=_list_below(f"{name} "))(lambda: None)
    group.help = command_table.GROUPS[name]
    return group


@app.create_group(cls=LazyGroup, lazy=_list_by_section(), invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> int:
    """Check and repair a library of music, movies and audiobooks."""
    can_ask = sys.stdin.isatty() and sys.stdout.isatty()
    if can_ask:
        context.meta[app.FIRST_RUN_KEY] = _run_first
    if context.invoked_subcommand:
        return 0
    if can_ask and not _has_home():
        return _run_first()
    click.echo(context.get_help())
    return UsageError.exit_code


def _run_first(folder: str | None = None) -> int:
    from mediakeep.commands import first_run  # here, as it is needed once

    return first_run.run(folder)


def _has_home() -> bool:
    try:
        return bool(home_folder.find_home(None))
    except NoHome:
        return False


def run(args: Iterable[str] | None = None) -> None:
    """Run `mediakeep`: messages and reports name its commands, those of worker processes, too."""
    is_on_path = Path(sys.argv[0]).name == "mediakeep" or shutil.which("mediakeep")
    program = "mediakeep" if is_on_path else "python -m mediakeep"
    os.environ.setdefault(command_text.PROGRAM_VARIABLE, program)
    if _COMPLETION_VARIABLE in os.environ:
        importlib.import_module("mediakeep.commands.completion")  # it adds to Click's shells
    main.main(None if args is None else [*args], complete_var=_COMPLETION_VARIABLE)


def run_script(file: str) -> None:
    """Run the command of a script in utilities/, by its name or path."""
    load_command(command_table.BY_SCRIPT[Path(file).stem], script=True).main()
