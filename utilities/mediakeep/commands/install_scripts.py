"""Write the scripts of mediakeep under the names that installations had before `mediakeep`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from mediakeep import atomic_files, command_table, path_text
from mediakeep.app.console import CommandResult
from mediakeep.commands import app
from mediakeep.errors import UsageError

_MARK = "# Written by mediakeep install-scripts."
_OTHER_NAMES = {"audio_toolkit": "audiotoolkit"}
# A shell runs the first lines, as the path of an interpreter may be too long for a `#!` line, or
# have spaces; Python sees a string.
_TEMPLATE = """#!/bin/sh
'''exec' {python} "$0" "$@"
' '''
{mark}
import sys

sys.path.append({source!r})
from mediakeep.commands.main import run_script

run_script({script!r})
"""


@app.create_command(home=False)
@click.argument("folder", type=app.PathParam(), metavar="DIR")
@app.with_dry_run_option("Print the scripts; write nothing.")
@app.with_json_option
def main(folder: Path, *, dry_run: bool) -> CommandResult:
    """Write scripts into DIR under their old names, such as fix-metadata for `mediakeep edit`.

    They keep their options, output and exit codes. Other files of these names are not replaced.
    """
    names = {
        script: _OTHER_NAMES.get(script, script.replace("_", "-"))
        for script in command_table.BY_SCRIPT
    }
    paths = {script: folder.expanduser() / name for script, name in names.items()}
    if foreign := [path for path in paths.values() if not _is_replaceable(path)]:
        listed = ", ".join(path_text.display_path(path) for path in foreign)
        raise UsageError(f"Not written by mediakeep: {listed}. Give another folder.")
    source = str(Path(__file__).absolute().parents[2])
    for script, path in () if dry_run else paths.items():
        text = _TEMPLATE.format(
            python=shlex.quote(sys.executable), mark=_MARK, source=source, script=script
        )
        atomic_files.write_atomic(path, text, mode=0o777)
    verb = "Would write" if dry_run else "Written"
    lines = [f"{verb}: {path_text.display_path(path)}" for path in paths.values()]
    return CommandResult(lines, {"written": [str(path) for path in paths.values()]})


def _is_replaceable(path: Path) -> bool:
    """Return whether there is no such file, or one that this command wrote."""
    if not (path.is_symlink() or path.exists()):
        return True
    return path.is_file() and f"{_MARK}\n".encode() in path.read_bytes()[:4096]
