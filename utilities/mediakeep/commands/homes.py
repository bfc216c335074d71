"""The files that a new home gets in `status/`."""

from __future__ import annotations

from pathlib import Path

from mediakeep import config, files
from mediakeep.kinds import MUSIC
from mediakeep.pages import page

README = "status/README.md"
PLANNING = "status/planning"  # for the user's own plans; mediakeep writes nothing there

_DOCS = "docs/queue-files.md"
_OF_SOURCE = """\
The record: what mediakeep knows and how far it is. Everything here except this page is created at
run time and is not part of the source. **`git clean -xfd` deletes it.**"""
_OF_HOME = """\
The record: what mediakeep knows and how far it is. Back it up: most of it cannot be created
again."""


def furnish(home: Path) -> None:
    """Create the README of `status/` and the folder for plans; existing files stay."""
    files.make_folder(home / PLANNING)
    if not (home / README).exists():
        files.write_atomic(home / README, readme(home))


def readme(home: Path) -> str:
    """Render the README of `status/`, with the commands as this user calls them."""
    source = config.checkout()
    ours = source == home
    docs = f"`{source / _DOCS}`" if source else f"The page {_DOCS} of the source"
    return page.render(
        "home.md.j2",
        what=_OF_SOURCE if ours else _OF_HOME,
        docs=f"[Queue files](../{_DOCS})" if ours else docs,
        where="the checkout" if ours else "the home",
        manager=config.spoken(MUSIC.manager, home),
        batch=config.spoken(MUSIC.batch, home),
    )
