"""The command `mediakeep`, whose subcommands are those of the command table, and the scripts.

A subcommand is imported when it is used, so that `mediakeep --help` imports none.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from mediakeep import command_table, config, kinds
from mediakeep.command_table import CommandEntry
from mediakeep.commands import app
from mediakeep.commands.lazy_group import LazyCommand, LazyGroup


def load_command(entry: CommandEntry, *, script: bool = False) -> click.Command:
    """Import the command of an entry, or that of its script."""
    target = kinds.load(entry.script_target if script and entry.script_target else entry.target)
    command = target(kinds.get_kind(entry.kind)) if entry.kind else target
    below = _list_below(f"{entry.name} ")
    if below and not script:  # such as the queue of episodes, whose other commands are in a group
        for name, lazy in below.items():
            command.add_command(lazy.load(), name)
    assert isinstance(command, click.Command)
    return command


def _list_below(prefix: str) -> dict[str, LazyCommand]:
    """Return the commands whose names begin with a prefix, without it, and the groups of them."""
    found: dict[str, LazyCommand] = {}
    for entry in command_table.TABLE:
        name, _, deeper = entry.name.removeprefix(prefix).partition(" ")
        if not entry.name.startswith(prefix) or name in found:
            continue
        if deeper:
            found[name] = LazyCommand(
                command_table.GROUPS[name], functools.partial(_build_group, f"{prefix}{name}")
            )
        else:
            found[name] = LazyCommand(entry.help, functools.partial(load_command, entry))
    return found


def _build_group(name: str) -> LazyGroup:
    group = app.create_group(cls=LazyGroup, lazy=_list_below(f"{name} "))(lambda: None)
    group.help = command_table.GROUPS[name]
    return group


@app.create_group(cls=LazyGroup, lazy=_list_below(""))
def main() -> None:
    """Check and repair a library of music, movies and audiobooks.

    Every command can be stopped (Ctrl-C) or killed at any time; nothing is lost.
    """


def run(args: Iterable[str] | None = None) -> None:
    """Run `mediakeep`: messages and reports name its commands, those of worker processes, too."""
    is_on_path = Path(sys.argv[0]).name == "mediakeep" or shutil.which("mediakeep")
    program = "mediakeep" if is_on_path else "python -m mediakeep"
    os.environ.setdefault(config.PROGRAM_VARIABLE, program)
    main.main(None if args is None else [*args])


def run_script(file: str) -> None:
    """Run the command of a script in utilities/, by its name or path."""
    load_command(command_table.BY_SCRIPT[Path(file).stem], script=True).main()
