"""Open files, threads and child processes of the test process, to find what code leaves behind.

Compare sets, not counts: what an earlier test has left may be closed at any time.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from pathlib import Path


def list_descriptors() -> set[tuple[int, int, int]]:
    """Return each open file descriptor with the device and the inode of its file."""
    found = set()
    for name in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError):  # that of the folder itself is closed
            status = os.fstat(int(name))
            found.add((int(name), status.st_dev, status.st_ino))
    return found


def list_threads() -> set[str]:
    """Return the ids of the threads of this process, those of libraries included; on Linux only."""
    tasks = Path("/proc/self/task")
    return {path.name for path in tasks.iterdir()} if tasks.is_dir() else set()


def list_children() -> set[int]:
    """Return the ids of the child processes that multiprocessing has started and that run."""
    return {child.pid or 0 for child in multiprocessing.active_children()}
