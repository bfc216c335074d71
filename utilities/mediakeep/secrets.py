"""Files that hold a secret, such as an address or a token, outside the home and nowhere else."""

from __future__ import annotations

import stat
from pathlib import Path

from mediakeep import files
from mediakeep.errors import UsageFailed

LONGEST = 4096  # characters of a secret


def read(given: str, home: Path, setting: str, noun: str) -> str:
    """Read the secret in a file that a setting names; UsageFailed where that does not go.

    `noun` is what it is called: "address" or "token".
    """
    named = f"{setting} {files.printable(given)}"
    place = _found(given, named)
    if place.is_relative_to(home.resolve()):
        raise UsageFailed(
            f"{setting} lies in the home, which is copied and shown around."
            f" Keep the {noun} in a file elsewhere."
        )
    try:
        with place.open("rb") as stream:
            text = stream.read(2 * LONGEST).decode("ascii").strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it holds no {noun}"
        raise UsageFailed(f"{named}: {why}.") from None
    if not text:
        raise UsageFailed(f"{named} is empty.")
    return text


def is_open(given: str) -> bool:
    """Tell whether others than its owner may read a file that holds a secret."""
    return bool(Path(given).expanduser().stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _found(given: str, named: str) -> Path:
    """Return the file that a path names, with all links followed; a pipe might never end."""
    try:
        place = Path(given).expanduser().resolve()
        regular = stat.S_ISREG(place.stat().st_mode)
    except (OSError, ValueError, RuntimeError) as error:  # a zero byte; ~NAME, links in a circle
        why = (isinstance(error, OSError) and error.strerror) or files.printable(str(error))
        raise UsageFailed(f"{named}: {why.rstrip('.')}.") from None
    if not regular:
        raise UsageFailed(f"{named} is no regular file.")
    return place
