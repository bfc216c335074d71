"""The options of commands that edit files as the user asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import write_options

if TYPE_CHECKING:  # importing it is slow, and --help must be quick
    from mediakeep.app.edit.edit_command import EditCommand


def with_edit_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of all commands that edit files."""
    for option in (
        app.with_json_option,
        write_options.with_write_options,
        app.with_yes_option(),
        app.with_dry_run_option("Print what would be changed; write nothing."),
    ):
        function = option(function)
    return function


def parse_edit_command(home: Path, script_name: str, options: dict[str, Any]) -> EditCommand:
    """Build the edit command from a command's options, which are removed from them."""
    from mediakeep.app.edit.edit_command import EditCommand

    flags = {name: options.pop(name) for name in ("dry_run", "yes")}
    policy = write_options.parse_policy(options)
    return EditCommand(home, script_name, policy, ClickConsole(), as_json=app.is_json(), **flags)
