"""Find the home folder: the one that contains status/, outputs/ and issues/."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path

from mediakeep.errors import NoHome

SETTINGS_FILE = "mediakeep.toml"
HOME_VARIABLE = "MEDIAKEEP_HOME"


def find_home(
    option: str | None, environ: Mapping[str, str] = os.environ, *, fallback: str = ""
) -> Path:
    """Return the home: the folder that contains status/, outputs/ and issues/.

    It is the --home option, else MEDIAKEEP_HOME, else the current folder if it is a home, else the
    source checkout. If there is none, it is the `fallback` in the current folder; raise NoHome
    without one.
    """
    if configured := option or environ.get(HOME_VARIABLE):
        return Path(configured).expanduser().absolute()
    current_folder = Path.cwd()
    if _is_home(current_folder):
        return current_folder
    if root := find_checkout():
        return root
    if fallback:
        return current_folder / fallback
    raise NoHome()


def _is_home(folder: Path) -> bool:
    queues = ("status/*/processing_queue.json", "status/*/*/processing_queue.json")
    return (folder / SETTINGS_FILE).is_file() or any(any(folder.glob(q)) for q in queues)


def is_implied_home(
    home: Path, option: str | None, environ: Mapping[str, str] = os.environ
) -> bool:
    """Return whether a home is the source checkout, which nothing named."""
    is_named = option or environ.get(HOME_VARIABLE) or _is_home(Path.cwd())
    return not is_named and home == find_checkout()


@functools.cache
def find_checkout() -> Path | None:
    """Return the root of the source checkout that this code runs from.

    Return None if mediakeep is installed as a package.
    """
    root = Path(__file__).absolute().parents[2]
    source = root / "utilities" / "mediakeep"
    return root if (root / "pyproject.toml").is_file() and source.is_dir() else None


def find_queue_home(folder: Path) -> Path:
    """Return the home of the queue in a folder."""
    homes = (path.parent for path in folder.parents if path.name == "status")
    return next(homes, folder.parent.parent)
