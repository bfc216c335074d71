"""The gate of the undo store: many may read and append at once, and who prunes is alone.

It is the kernel's lock of the folder, so a kill leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mediakeep.errors import RecordNotWritten


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Keep prunings out for a `with` block, as far as the disk knows locks."""
    handle = -1
    with contextlib.suppress(OSError):  # no folder yet, or a disk without locks: nothing to prune
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(handle, fcntl.LOCK_SH)
    try:
        yield
    finally:
        if handle >= 0:
            os.close(handle)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep everybody else out for a `with` block; RecordNotWritten where that cannot be."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise RecordNotWritten(folder, error.strerror) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            raise RecordNotWritten(folder, error.strerror) from error
        yield
    finally:
        os.close(handle)
