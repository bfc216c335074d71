"""Private runtime directories, in which the processes of one user share small files."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import gettempdir


def list_runtime_dirs(environ: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """Yield the possible runtime directories of the user, best first.

    Some may not exist or may not be private. /run/user is tried even if XDG_RUNTIME_DIR is unset:
    cron does not set it, and its jobs have to share files with the user's terminals.
    """
    user = os.geteuid()
    if (runtime_dir := environ.get("XDG_RUNTIME_DIR", "")).startswith("/"):
        yield Path(runtime_dir) / "mediakeep"
    yield Path(f"/run/user/{user}/mediakeep")
    with contextlib.suppress(RuntimeError):  # a user without a home, as in some containers
        home = Path(environ.get("HOME") or "~").expanduser()
        default = home / ("Library/Caches" if sys.platform == "darwin" else ".cache")
        yield Path(environ.get("XDG_CACHE_HOME") or default) / "mediakeep"
    yield Path(gettempdir()) / f"mediakeep-{user}"


def open_private_dir(path: Path) -> int:
    """Open a private directory and return its handle; create it with mode 0700 if missing.

    Its parent must exist. Raise OSError if it is a symlink, belongs to another user, or others may
    write to it.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        _check_parent(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path, flags)
    try:
        check_private(handle, path)
    except OSError:
        os.close(handle)
        raise
    return handle


def check_private(handle: int, path: str | Path) -> None:
    """Raise OSError if an open file or directory is not private.

    It is private if it belongs to this user, and others may not write to it.
    """
    status = os.fstat(handle)
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(errno.EPERM, "not private to this user", str(path))


def _check_parent(parent: Path) -> None:
    """Raise OSError if a directory is not safe as the parent of a private directory.

    It must belong to the user, or be world-writable with sticky bit. This prevents root from
    creating files in the directories of a user whose environment it has.
    """
    status = parent.stat()
    if status.st_uid != os.geteuid() and not status.st_mode & stat.S_ISVTX:
        raise PermissionError(errno.EPERM, "owned by another user", str(parent))
