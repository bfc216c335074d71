"""Files as they are after a restart: the system is asked to forget what it holds of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

POSSIBLE = hasattr(os, "posix_fadvise")


def settle() -> None:
    """Bring all that was written to the disk, for only this can be forgotten."""
    os.sync()


def forget(paths: Iterable[Path]) -> None:
    """Drop the content of files from the system's cache; names, sizes and times stay in it."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)
