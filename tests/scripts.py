"""The scripts of utilities/, and the commands that they start."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click

SCRIPTS = Path(__file__).parents[1] / "utilities"
_IMPORT = re.compile(r"^from (\S+) import main$", re.MULTILINE)


def module_name(script: str) -> str:
    """Return the module that defines the command of a script."""
    match = _IMPORT.search((SCRIPTS / f"{script}.py").read_text())
    assert match is not None, f"{script}.py imports no command"
    return match[1]


def load_command(script: str) -> click.Command:
    """Return the command of a script."""
    command = importlib.import_module(module_name(script)).main
    assert isinstance(command, click.Command)
    return command
