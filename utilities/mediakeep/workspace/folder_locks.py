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
    with contextlib.ExitStack() as stack:
        with translate_errors(folder):
            is_locked = stack.enter_context(open_and_lock(folder))
        if not is_locked:
            raise NotCopied(folder, "another process is using it", "Wait for it, then run again.")
        yield


@contextlib.contextmanager
def open_and_lock(folder: Path, *, unsupported: bool = True) -> Iterator[bool]:
    """Lock a folder for a `with` block; yield False if another process has locked it."""
    handle = open_folder(folder)
    try:
        yield try_lock(handle, unsupported=unsupported)
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
