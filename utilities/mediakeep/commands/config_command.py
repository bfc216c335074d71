"""Show, check and edit the settings of a home."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep import atomic_files, command_table, config, path_text
from mediakeep.app.console import CommandResult
from mediakeep.commands import app
from mediakeep.errors import BadSetting, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_HEADER = """\
# Settings of mediakeep. `mediakeep config` lists all with their values; docs/settings.md says what
# each does. A setting is a line such as: batch_size = 20
"""
# Scripts whose commands have an option for each setting, which knows the values that are possible.
_CHECKING_SCRIPTS = ("process_music_batch", "process_movies", "convert_albums")


class _ConfigGroup(app.MediakeepGroup):
    """A group that shows the settings if no command is given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the name of the command that is left out, unless a shell completes it."""
        own, args = {"-h", "--help", "--version"}, app.put_command_first(args)
        if not args and ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        if not args or (args[0].startswith("-") and args[0] not in own):
            args = ["show", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        """Complete commands, and options, also those of the command that may be left out."""
        found = super().shell_complete(ctx, incomplete)
        more = show.shell_complete(click.Context(show, parent=ctx), incomplete)
        return list({str(item.value): item for item in [*found, *more]}.values())


@app.create_group(cls=_ConfigGroup)
def main() -> None:
    """Show, check and edit the settings; without a command, show them."""


@app.create_command()
@click.option("--changed", is_flag=True, help="Only settings that are not at their default.")
@app.with_json_option
def show(home: Path, *, changed: bool) -> CommandResult:
    """Show each setting, its value, and where that comes from."""
    from mediakeep.app import settings_list

    settings = settings_list.list_settings(home)
    if changed:
        settings = [each for each in settings if each.origin != settings_list.DEFAULT]
    lines = [f"Home: {path_text.display_path(home)}", *settings_list.format_settings(settings)]
    return CommandResult(lines, settings)


@app.create_command(checks_settings=False)
@app.with_json_option
def check(home: Path) -> CommandResult:
    """Name everything that is wrong in mediakeep.toml and the variables; exit code 2 if any is."""
    problems = [
        str(problem)
        for problem in config.list_problems(home / config.FILE_NAME, check_value=_check_value)
    ]
    lines = problems or [f"The settings of {path_text.display_path(home)} are valid."]
    return CommandResult(lines, {"problems": problems}, UsageError.exit_code if problems else 0)


@app.create_command(checks_settings=False)
def edit(home: Path) -> CommandResult:
    """Edit mediakeep.toml in $EDITOR; it is replaced only if the new settings are valid."""
    path = (home / config.FILE_NAME).resolve()
    before = _read_bytes(path)
    try:
        old = _HEADER if before is None else before.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BadSetting(path, error) from error
    new = old
    while True:
        edited = click.edit(new, extension=".toml", require_save=False)
        new = old if edited is None else edited
        if new == old:
            return CommandResult(["Not changed."])
        problems = _check_text(path, new)
        if not problems:
            break
        for problem in problems:
            app.print_message(problem)
        if not _ask_again():
            raise UsageError(f"{path_text.display_path(path)} not changed. {_keep_text(path, new)}")
    if _read_bytes(path) != before:
        raise UsageError(
            f"{path_text.display_path(path)} was changed while you edited it, and is left as it is."
            f" {_keep_text(path, new)}"
        )
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666
    atomic_files.write_atomic(path, new, mode=mode)
    return CommandResult([f"Saved: {path_text.display_path(path)}"])


def _read_bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _ask_again() -> bool:
    """Ask whether to edit again; without a terminal the answer is no."""
    try:
        return sys.stdin.isatty() and click.confirm("Edit again? Otherwise nothing is changed")
    except click.Abort:
        return False


def _keep_text(path: Path, text: str) -> str:
    """Save a text next to the settings file, readable by its owner alone, and say where."""
    handle, kept = tempfile.mkstemp(".toml", f"{path.stem}-edited-", path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return f"Your text is in {path_text.display_path(kept)}."


def _check_text(path: Path, text: str) -> list[str]:
    """Return what is wrong with a new text of a settings file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_text(text)
        problems = config.list_problems(copy, {}, _check_value)
        return [str(each).replace(str(copy), str(path)) for each in problems]


def _check_value(name: str, value: Any) -> str:
    """Return what is wrong with the value of a setting, "" if nothing is."""
    option, context = _list_options().get(name, (None, None))
    if option and context:
        try:
            option.type_cast_value(context, value)
        except click.BadParameter as error:
            return error.message
    return ""


@functools.cache
def _list_options() -> dict[str, tuple[click.Parameter, click.Context]]:
    """Return an option for each setting, by its name."""
    from mediakeep.commands import main as commands  # here, as it imports this

    found = {}
    for script in _CHECKING_SCRIPTS:
        command = commands.load_command(command_table.BY_SCRIPT[script], script=True)
        context = click.Context(command)
        found.update({str(each.name): (each, context) for each in command.get_params(context)})
    return found


main.add_command(show, "show")
main.add_command(check, "check")
main.add_command(edit, "edit")
