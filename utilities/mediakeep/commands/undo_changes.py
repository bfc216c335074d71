"""List, undo, or forget changes of files."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import click

from mediakeep.app.console import CommandResult
from mediakeep.commands import app, complete_names
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import param_types, write_options
from mediakeep.errors import UsageError

_ALLOWED_OPTIONS = {  # the options that apply to each action
    "--list": set[str](),
    "--forget-before": {"--dry-run", "--yes"},
    "": {"--dry-run", "--force", "--yes"},
}
_SELECTORS = ("session", "artist", "movie", "file", "since")


@app.create_command()
@app.with_json_option
@write_options.with_replace_options
@app.with_yes_option("Do not ask for confirmation; only --forget-before asks.")
@click.option(
    "--forget-before",
    type=param_types.TimestampParam(),
    metavar="TIME",
    help="Delete the undo data of changes before this time, to free space; asks.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Also undo in files that changed since; the current version is kept aside.",
)
@app.with_dry_run_option("Print what would be done; change nothing.")
@click.option(
    "--list", "listed", is_flag=True, help="List the sessions that changed files, or the changes."
)
@click.option(
    "--since",
    type=param_types.TimestampParam(),
    metavar="TIME",
    help='Changes since 2026-11-20, "2026-11-20 14:30", yesterday, or in the last 2h.',
)
@click.option(
    "--file",
    type=app.PathParam(),
    metavar="PATH",
    help="Changes in this file, or in this folder and all below.",
)
@click.option(
    "--movie",
    metavar="NAME",
    shell_complete=complete_names.complete_items("movies"),
    help="Changes in the files of this movie.",
)
@click.option(
    "--artist",
    metavar="NAME",
    shell_complete=complete_names.complete_items("music"),
    help="Changes in the files of this artist.",
)
@click.option(
    "--session",
    metavar="ID",
    shell_complete=complete_names.complete_sessions,
    help='Changes by this session; "last" is the last one.',
)
def main(home: Path, **options: Any) -> int | CommandResult:
    """Undo changes of files, byte for byte: those that match all selectors.

    Can be stopped (Ctrl-C) or killed at any time; run it again to continue.
    """
    from mediakeep.app.undo import change_list, run_undo, selector
    from mediakeep.app.undo.run_undo import UndoOptions
    from mediakeep.app.undo.selector import ChangeSelector
    from mediakeep.media.safewrite.atomic_replace import ReplaceRules
    from mediakeep.media.undo.store import UndoStore

    chosen = [name for name in _SELECTORS if options[name] is not None]
    _check_options(options, chosen)
    dry_run, console = options["dry_run"], ClickConsole()
    with contextlib.closing(UndoStore(home / "status" / "undo")) as store:
        if before := options["forget_before"]:
            return run_undo.forget_before(
                store, before, console, yes=options["yes"], dry_run=dry_run
            )

        def select() -> ChangeSelector:
            return selector.from_options(home, store, options, app.damaged_queues())

        if options["listed"]:
            selected = select()  # it names damaged queues
            if chosen:
                return change_list.list_changes(store, selected)
            return change_list.list_sessions(home, store)
        rules = ReplaceRules(options["hardlinks"], options["keep_mtime"])
        undo_options = UndoOptions(home, rules, dry_run, options["force"], app.is_json())
        return run_undo.undo_selected(store, undo_options, console, select)


def _check_options(options: dict[str, Any], chosen: list[str]) -> None:
    """Reject contradictory options, and options without effect."""
    for name in chosen:
        if options[name] == "":
            raise UsageError(f"--{name} is empty.")
    actions = [
        flag
        for flag, name in (("--list", "listed"), ("--forget-before", "forget_before"))
        if options[name]
    ]
    if len(actions) > 1 or (chosen and "--forget-before" in actions):
        raise UsageError("--forget-before takes no selectors and no --list.")
    if not actions and not chosen:
        raise UsageError(
            "Select changes with --session, --artist, --movie, --file or --since."
            " --list shows them."
        )
    if {"artist", "movie"} <= set(chosen):
        raise UsageError("--artist and --movie cannot be combined: no change has both.")
    action = actions[0] if actions else ""
    for word in ("--dry-run", "--force", "--yes"):
        if options[word.strip("-").replace("-", "_")] and word not in _ALLOWED_OPTIONS[action]:
            raise UsageError(f"{word} has no effect {f'with {action}' if action else 'here'}.")
