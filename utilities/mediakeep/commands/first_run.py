"""The first run without a home: ask for the library, and name the commands for what it holds."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections import Counter
from pathlib import Path

import click

from mediakeep import command_text, path_text
from mediakeep.app import library_guess
from mediakeep.commands import app, console

_HOME_NAME = "mediakeep"
_MAX_NAMES = 5  # folders that are named
# The scripts whose commands scan and process what a folder holds.
_SCRIPTS = {
    library_guess.ARTISTS: ("music_queue_manager.py", "process_music_batch.py"),
    library_guess.ALBUMS: ("music_queue_manager.py", "process_music_batch.py"),
    library_guess.MOVIES: ("movie_queue_manager.py", "process_movies.py"),
    library_guess.BOOKS: ("audiobook_queue_manager.py", "build_audiobooks.py"),
}


def run(given: str | None = None) -> int:
    """Ask which folder holds the library unless it is given, and print the next two commands.

    It is asked again until the folder holds something that mediakeep knows. Nothing is written.
    """
    click.echo("mediakeep has no home yet: the folder with its queues and reports.")
    library = _find_library(given) if given else None
    while library is None:
        library = _find_library(console.prompt_text("Which folder holds your library?"))
    folder, counts = library
    shown = path_text.display_path(folder)
    home = Path.home() / _HOME_NAME
    click.echo(f"{shown} holds {library_guess.format_counts(counts)}. Next:\n")
    manager, batch = _SCRIPTS[counts.most_common(1)[0][0]]
    words = f"--scan {path_text.quote_path(folder)}"
    for command in (
        command_text.format_command(manager, home, words),
        command_text.format_command(batch, home, "--dry-run"),
    ):
        click.echo(f"  {command}")
    place = path_text.quote_path(home)
    click.echo(
        f"\nThe second one changes nothing. To leave out --home: export MEDIAKEEP_HOME={place}"
    )
    return 0


def _find_library(text: str) -> tuple[Path, Counter[str]] | None:
    """Return a folder that the user has given, and what it holds; say why if it cannot be used."""
    folder = _parse_path(text)
    shown = path_text.display_path(folder)
    try:
        if not folder.is_dir():
            app.print_message(f"{shown} is not a folder.")
            return None
        counts = library_guess.guess_content(folder)
        if counts and not library_guess.is_above_libraries(folder, counts):
            return folder, counts
    except OSError as error:
        app.print_message(f"{shown} cannot be read: {error.strerror}.")
        return None
    below = library_guess.guess_subfolders(folder)
    names = ", ".join(
        f"{path_text.display_path(each)} ({library_guess.format_counts(counts)})"
        for each, counts in below[:_MAX_NAMES]
    )
    cure = f"Below it: {names}. Give one of them." if names else "Give another folder."
    held = "several libraries" if counts else "no music, movies or audiobooks"
    app.print_message(f"{shown} holds {held}. {cure}")
    return None


def _parse_path(text: str) -> Path:
    """Return the real path, as scans store it, of one that was typed or pasted with quotes."""
    path = Path(text).expanduser()
    with contextlib.suppress(OSError, ValueError):
        words = [] if path.exists() else shlex.split(text)
        if len(words) == 1:
            path = Path(words[0]).expanduser()
    return Path(os.path.realpath(path))
