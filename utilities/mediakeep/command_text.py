"""The commands that reports and messages show, as this user can paste them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from mediakeep import command_table, home_folder, path_text

# The variable that has how mediakeep was started, if not by a script; worker processes inherit it.
PROGRAM_VARIABLE = "MEDIAKEEP_PROGRAM"


def find_program(environ: Mapping[str, str] = os.environ) -> str:
    """Return what the user calls to start a command: "mediakeep", or "python -m mediakeep".

    Return "" in a checkout whose scripts are used.
    """
    return environ.get(PROGRAM_VARIABLE) or ("" if home_folder.find_checkout() else "mediakeep")


def format_command(
    script_name: str, home: Path | None = None, words: str = "", *, names_home: bool = False
) -> str:
    """Return the shell command that this user has for a script of mediakeep, on one line.

    `script_name` may have words that follow it, such as the command of a group; `words` are those
    after `--home`. For fix_metadata.py and "title A.mp3 B" that is "mediakeep edit title A.mp3 B",
    or "python utilities/fix_metadata.py title A.mp3 B" in a checkout whose scripts are used.
    `--home` is added for a home that is not found without it; for a script, a home that is not the
    checkout, and any with `names_home`.
    """
    script, _, own = script_name.partition(" ")
    program, checkout = find_program(), home_folder.find_checkout()
    short = command_table.shorten(script, words) if program else None
    if short:
        name, words = f"{program} {short[0]}", short[1]
        is_found = home is None or _is_found_home(home)
    else:
        dashed = script.removesuffix(".py").replace("_", "-")
        name = f"python utilities/{script}" if checkout else dashed
        is_found = home is None or (home == checkout and not names_home)
    place = "" if is_found or home is None else f"--home {path_text.quote_path(home)}"
    return " ".join(filter(None, (name, own, place, words)))


def _is_found_home(home: Path, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether commands that are run in the current folder find a home without --home."""
    if configured := environ.get(home_folder.HOME_VARIABLE):
        return Path(configured).expanduser().absolute() == home
    return home == Path.cwd() or (
        home == home_folder.find_checkout() and home_folder.find_home(None, environ) == home
    )


def rewrite_commands(text: str, home: Path | None = None) -> str:
    """Replace each script name in a text by the command that runs this script for a home.

    "Run embed_cover.py ALBUM" becomes "Run mediakeep cover ALBUM" if mediakeep is installed.
    """

    def replace(match: re.Match[str]) -> str:
        if match[1].removesuffix(".py") not in command_table.BY_SCRIPT:
            return match[0]
        return format_command(match[1], home, match[2] or "")

    return re.sub(r"\b([a-z_]+\.py)\b(?: (--[a-z-]+))?", replace, text)
