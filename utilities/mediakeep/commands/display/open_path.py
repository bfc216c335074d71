"""Open a file or folder in another program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def open_path(path: Path) -> bool:
    """Start the desktop's program for a path; return False if nothing here opens paths.

    Unlike click.launch it keeps that program off the terminal, where a question may be shown:
    without a desktop xdg-open prints error messages, or starts a browser in the terminal.
    """
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.Popen(
            [opener, path.absolute()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us
        )
    except OSError:
        return False
    return True
