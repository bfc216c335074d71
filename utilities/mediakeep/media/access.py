"""How a person's files are opened: none that could hang, and plain words when one is refused."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from mediakeep import files
from mediakeep.errors import Unreadable

_RIGHTS = "Give this user the right to read it (chmod -R u+rX), then run again."
_DISK = "Check the disk or the network share, then run again."
_CURES = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.ENOENT: "It is gone, or a link that leads nowhere: restore it or remove the link.",
    errno.ELOOP: "Remove the links that lead to each other.",
    errno.ENAMETOOLONG: "Give it, or the folders above it, a shorter name.",
}


def opened(path: Path) -> BufferedReader:
    """Open a regular file for reading; Unreadable where it is none or refuses.

    A named pipe is not waited for, and a device is left alone.
    """
    try:
        if stat.S_ISREG(path.stat().st_mode):
            return open(path, "rb", opener=_without_waiting)
    except OSError as error:
        raise refusal(path, error) from error
    raise Unreadable(files.escape(path), "it is no regular file", "Move it out of the library.")


def refusal(path: str | os.PathLike[str], error: OSError) -> Unreadable:
    """Put what the system says about a file or folder into one sentence with its cure."""
    reason = error.strerror or str(error) or type(error).__name__
    return Unreadable(files.escape(path), reason, _CURES.get(error.errno or 0, _DISK))


def _without_waiting(path: str, flags: int) -> int:
    """The file may have become a pipe since it was looked at."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
