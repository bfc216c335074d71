"""Locks on folders, which end with their process."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mediakeep import atomic_files
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
    with open_folder(folder) as handle:
        yield try_lock(handle, unsupported=unsupported)


def open_folder(folder: Path) -> contextlib.AbstractContextManager[int]:
    """Open a folder that is no link for a `with` block."""
    return atomic_files.open_handle(folder, atomic_files.FOLDER | os.O_NOFOLLOW)


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
