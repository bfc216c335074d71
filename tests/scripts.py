"""The scripts of utilities/, and the commands that they start."""

from __future__ import annotations

import functools
from pathlib import Path

import click

from mediakeep import command_table
from mediakeep.commands import main

SCRIPTS = Path(__file__).parents[1] / "utilities"


@functools.cache
def load_command(script: str) -> click.Command:
    """Return the command of a script."""
    return main.load_command(command_table.BY_SCRIPT[script], script=True)
