"""The first run without a home: ask for the library, and name the commands for what it holds."""

from __future__ import annotations

from pathlib import Path

import click

from mediakeep import config, path_text
from mediakeep.app import library_guess
from mediakeep.commands import app, console
from mediakeep.errors import UsageError
from mediakeep.size_text import format_count

_HOME_NAME = "mediakeep"
# The scripts whose commands scan and process what a folder holds.
_SCRIPTS = {
    library_guess.ARTISTS: ("music_queue_manager.py", "process_music_batch.py"),
    library_guess.ALBUMS: ("music_queue_manager.py", "process_music_batch.py"),
    library_guess.MOVIES: ("movie_queue_manager.py", "process_movies.py"),
    library_guess.BOOKS: ("audiobook_queue_manager.py", "build_audiobooks.py"),
}


def run(given: str | None = None) -> int:
    """Ask which folder holds the library unless it is given, and print the next two commands.

    Nothing is written. Raise UsageError if the folder holds nothing that mediakeep knows.
    """
    click.echo("mediakeep has no home yet: the folder with its queues and reports.")
    folder = _find_folder(given)
    while folder is None:
        folder = _find_folder(console.prompt_text("Which folder holds your library?"))
    counts = library_guess.guess_content(folder).most_common()
    shown = path_text.display_path(folder)
    if not counts:
        raise UsageError(f"{shown} holds no music, movies or audiobooks. Give another folder.")
    home = Path.home() / _HOME_NAME
    found = ", ".join(format_count(count, kind[:-1], kind) for kind, count in counts)
    click.echo(f"{shown} holds {found}. Next:\n")
    manager, batch = _SCRIPTS[counts[0][0]]
    words = f"--scan {path_text.quote_path(folder)}"
    for command in (
        config.format_command(manager, home, words),
        config.format_command(batch, home, "--dry-run"),
    ):
        click.echo(f"  {command}")
    place = path_text.quote_path(home)
    click.echo(
        f"\nThe second one changes nothing. To leave out --home: export MEDIAKEEP_HOME={place}"
    )
    return 0


def _find_folder(text: str | None) -> Path | None:
    """Return the folder of a path, None if there is none."""
    if not text:
        return None
    folder = Path(text).expanduser().absolute()
    if folder.is_dir():
        return folder
    app.print_message(f"{path_text.display_path(folder)} is not a folder.")
    return None
