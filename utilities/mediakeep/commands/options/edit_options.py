"""The options of commands that edit files as the user asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mediakeep.app.edit.edit_command import EditCommand
from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import write_options


def with_edit_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of all commands that edit files."""
    for option in (
        app.with_json_option,
        write_options.with_write_options,
        click.option(
            "--yes", is_flag=True, help="Do not ask for confirmation, and skip the safeguards."
        ),
        click.option("--dry-run", is_flag=True, help="Print what would be changed; write nothing."),
    ):
        function = option(function)
    return function


def parse_edit_command(home: Path, script_name: str, options: dict[str, Any]) -> EditCommand:
    """Build the edit command from a command's options, which are removed from them."""
    flags = {name: options.pop(name) for name in ("dry_run", "yes", "as_json")}
    policy = write_options.parse_policy(options)
    return EditCommand(home, script_name, policy, ClickConsole(), **flags)
