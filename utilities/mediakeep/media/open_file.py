"""Open the user's files without ever blocking, and turn system errors into Unreadable."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from mediakeep import path_text
from mediakeep.errors import Unreadable

_PERMISSION_HINT = "Grant this user read permission (chmod -R u+rX), then run again."
_DISK_HINT = "Check the disk or the network share, then run again."
_FIX_HINTS = {
    errno.EACCES: _PERMISSION_HINT,
    errno.EPERM: _PERMISSION_HINT,
    errno.ENOENT: "The file is missing, or a broken link: restore it or remove the link.",
    errno.ELOOP: "Remove the circular links.",
    errno.ENAMETOOLONG: "Give it, or the folders above it, a shorter name.",
}


def open_regular_file(path: Path) -> BufferedReader:
    """Open a regular file for reading; raise Unreadable if it is not one or cannot be opened.

    This never blocks on a named pipe, and never opens a device.
    """
    with translate_errors(path):
        if stat.S_ISREG(path.stat().st_mode):
            return open(path, "rb", opener=_open_nonblocking)
    raise Unreadable(
        path_text.escape_path(path), "it is not a regular file", "Move it out of the library."
    )


@contextlib.contextmanager
def translate_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise Unreadable for a system error in a `with` block; a timeout of the caller is kept."""
    try:
        yield
    except OSError as error:
        if isinstance(error, TimeoutError) and error.errno is None:
            raise
        raise to_unreadable(path, error) from error


def to_unreadable(path: str | os.PathLike[str], error: OSError) -> Unreadable:
    """Return an Unreadable error for a system error, with its reason and a hint how to fix it."""
    reason = error.strerror or str(error) or type(error).__name__
    return Unreadable(
        path_text.escape_path(path), reason, _FIX_HINTS.get(error.errno or 0, _DISK_HINT)
    )


def _open_nonblocking(path: str, flags: int) -> int:
    """Open a file without blocking.

    Since it was checked, it may have been replaced by a named pipe.
    """
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
