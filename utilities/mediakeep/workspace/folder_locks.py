"""Locks on folders, which end with their process."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mediakeep.errors import NotCopied
from mediakeep.workspace.system_errors import translate_errors


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder for a `with` block; raise NotCopied if another process has locked it.

    On a file system without locks, nothing is locked.
    """
    with translate_errors(folder):
        handle = open_folder(folder)
    try:
        if not try_lock(handle):
            raise NotCopied(folder, "another process is using it", "Wait for it, then run again.")
        yield
    finally:
        os.close(handle)


def open_folder(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def try_lock(handle: int, *, unsupported: bool = True) -> bool:
    """Lock an open file or folder; return False if another process has locked it.

    `unsupported` is returned if the file system has no locks.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return unsupported
    return True
