"""What the toys write down, for the tests and for each other."""

from __future__ import annotations

import os
from pathlib import Path


def note(folder: Path, *words: object) -> None:
    """Add a line to what happened, with the process that did it; whole, whoever else writes."""
    line = " ".join(map(str, (*words, os.getpid()))) + "\n"
    handle = os.open(folder / "notes.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.write(handle, line.encode())
    os.close(handle)


def first_time(folder: Path, key: str, times: int = 1) -> bool:
    """Return whether this is one of the first times that an action is done, over all processes."""
    for number in range(times):
        try:
            os.close(os.open(folder / f"tried-{key}-{number}", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        return True
    return False
