"""Read a secret, such as a webhook URL or a token, from a file outside the home."""

from __future__ import annotations

import stat
from pathlib import Path

from mediakeep import path_text
from mediakeep.errors import UsageError

MAX_CHARS = 4096  # characters of a secret


def read_secret(path: str, home: Path, setting: str, noun: str) -> str:
    """Return the secret stored in the file `path`, which the setting `setting` names.

    Raise UsageError if the file is unreadable, empty or inside the home. `noun` says in messages
    what the secret is: "address" or "token".
    """
    label = f"{setting} {path_text.to_printable(path)}"
    place = _resolve_file(path, label)
    if place.is_relative_to(home.resolve()):
        raise UsageError(
            f"{setting} is inside the home, which may be copied or shared."
            f" Store the {noun} in a file outside it."
        )
    try:
        with place.open("rb") as stream:
            text = stream.read(2 * MAX_CHARS).decode("ascii").strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it contains no {noun}"
        raise UsageError(f"{label}: {why}.") from None
    if not text:
        raise UsageError(f"{label} is empty.")
    return text


def is_accessible_to_others(path: str) -> bool:
    """Return whether users other than the owner may read or change a file."""
    return bool(Path(path).expanduser().stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _resolve_file(path: str, label: str) -> Path:
    """Return the resolved path of a regular file, or raise UsageError.

    Other files are refused, because reading a pipe might never end.
    """
    try:
        place = Path(path).expanduser().resolve()
        regular = stat.S_ISREG(place.stat().st_mode)
    except (OSError, ValueError, RuntimeError) as error:  # null byte, unknown ~NAME, symlink loop
        why = (isinstance(error, OSError) and error.strerror) or path_text.to_printable(str(error))
        raise UsageError(f"{label}: {why.rstrip('.')}.") from None
    if not regular:
        raise UsageError(f"{label} is not a regular file.")
    return place
