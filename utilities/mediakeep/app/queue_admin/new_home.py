"""The files that a new home gets in `status/`."""

from __future__ import annotations

import functools
from pathlib import Path

from mediakeep import atomic_files, command_text, home_folder
from mediakeep.music.item import MUSIC
from mediakeep.pages import render

STATUS_README = "status/README.md"
PLANNING_FOLDER = "status/planning"  # for the user's own plans; mediakeep writes nothing there

_QUEUE_FILES_DOC = "docs/queue-files.md"
_CHECKOUT_TEXT = """\
The record: what mediakeep knows and how far it is. Everything here except this page is created at
run time and is not part of the source. **`git clean -xfd` deletes it.**"""
_HOME_TEXT = """\
The record: what mediakeep knows and how far it is. Back it up: most of it cannot be created
again."""


def create_status_folder(home: Path) -> None:
    """Create the README of `status/` and the folder for plans; existing files stay."""
    atomic_files.make_folder(home / PLANNING_FOLDER)
    if not (home / STATUS_README).exists():
        atomic_files.write_atomic(home / STATUS_README, render_status_readme(home))


def render_status_readme(home: Path) -> str:
    """Render the README of `status/`, with the commands as this user calls them."""
    source = home_folder.find_checkout()
    ours = source == home
    docs = (
        f"`{source / _QUEUE_FILES_DOC}`" if source else f"The page {_QUEUE_FILES_DOC} of the source"
    )
    return render.render_template(
        "home.md.j2",
        what=_CHECKOUT_TEXT if ours else _HOME_TEXT,
        docs=f"[Queue files](../{_QUEUE_FILES_DOC})" if ours else docs,
        where="the checkout" if ours else "the home",
        manager=functools.partial(command_text.format_command, MUSIC.manager_script, home),
        batch=command_text.format_command(MUSIC.batch_script, home),
    )
