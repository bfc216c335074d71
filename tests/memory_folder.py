"""A folder for the files of a test run on a memory file system, where writing costs least."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEMORY = Path("/dev/shm")
_PREFIX = "mediakeep-tests-"
_LETTERS = "jqvxz"
_ROOM = 2 << 30  # bytes: several times what the tests write
_parent: Path | None = None


class MemoryFolder:
    """A new folder in memory, locked while its run lasts, so that other runs leave it alone."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def create(cls, memory: Path = MEMORY) -> MemoryFolder | None:
        """Create a folder, or return None if there is no memory file system with enough room."""
        if not _is_suitable(memory):
            return None
        remove_abandoned(memory)
        while True:
            path = make_random_folder(_PREFIX, memory)
            with contextlib.suppress(FileNotFoundError):
                lock = os.open(path, os.O_RDONLY)
                fcntl.flock(lock, fcntl.LOCK_SH)
                if path.exists():
                    return cls(path, lock)
                os.close(lock)  # another run removed it before it was locked

    def remove(self) -> None:
        remove_folder(self.path)
        os.close(self._lock)


def make_random_folder(prefix: str = "", parent: Path | None = None) -> Path:
    """Make a folder with a new name, by default where this run makes temporary ones.

    Unlike those of `tempfile`, its name contains no short word or number that a test may look for
    in what a command prints.
    """
    parent = parent or temporary_parent() or Path(tempfile.gettempdir())
    while True:
        path = parent / f"{prefix}{''.join(secrets.choice(_LETTERS) for _ in range(12))}"
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            return path


def find_memory_folder(path: Path) -> Path | None:
    """Return the folder in memory that a path is inside of, or None if it is on a disk."""
    return next((one for one in (path, *path.parents) if one.name.startswith(_PREFIX)), None)


def temporary_parent() -> Path | None:
    """Return where this run makes temporary folders, or None for the default of the system."""
    return _parent


def set_temporary_parent(path: Path | None) -> None:
    """Called once, when a process of this run begins."""
    global _parent
    _parent = path


def remove_abandoned(memory: Path = MEMORY) -> None:
    """Remove the folders of runs that were killed."""
    for path in memory.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # of another user, locked, or just removed
            lock = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_folder(path)
            finally:
                os.close(lock)


def remove_folder(path: Path) -> None:
    """Remove a folder, also one with folders inside that forbid it.

    Folders above it stay unchanged, also if it does not exist.
    """

    def allow(function: Callable[..., Any], name: str, _: object) -> None:
        with contextlib.suppress(OSError):
            for folder in (Path(name).parent, Path(name)):
                if folder.is_relative_to(path) and stat.S_ISDIR(os.lstat(folder).st_mode):
                    os.chmod(folder, 0o700)
            if os.path.isdir(name) and not os.path.islink(name):
                shutil.rmtree(name, ignore_errors=True)
            else:
                os.unlink(name)

    shutil.rmtree(path, onerror=allow)


def _is_suitable(memory: Path) -> bool:
    """Tell whether files may be created and programs run there, and whether it has room."""
    if not os.access(memory, os.W_OK | os.X_OK):
        return False
    facts = os.statvfs(memory)
    is_limited = facts.f_flag & (os.ST_NOEXEC | os.ST_RDONLY)
    return not is_limited and facts.f_bavail * facts.f_frsize >= _ROOM
