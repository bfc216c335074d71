"""The lock of the undo store: shared for reading and appending, exclusive for pruning.

It is a kernel lock (flock) on the folder, so a killed process leaves no lock behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mediakeep import atomic_files
from mediakeep.errors import RecordNotWritten


@contextlib.contextmanager
def shared_lock(folder: Path) -> Iterator[None]:
    """Prevent pruning of the undo store during a `with` block.

    Without support for locks by the file system, this does nothing.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # no folder yet, or locks unsupported: nothing to prune
            handle = stack.enter_context(atomic_files.open_handle(folder))
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Keep all other processes out of the undo store during a `with` block.

    Raises RecordNotWritten if that is impossible.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(atomic_files.exclusive_lock(folder, os.O_RDONLY))
        except OSError as error:
            raise RecordNotWritten(folder, error.strerror) from error
        yield
