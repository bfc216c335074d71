"""Consistent copies of SQLite files: a plain one may be torn."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from mediakeep import files
from mediakeep.errors import StateDamaged

_PATIENCE = 60.0  # seconds to wait for whoever writes a database
_WAITING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def copy(path: Path, target: Path) -> None:
    """Copy a database, which others may write beside; StateDamaged where it cannot be read.

    By SQLite's online backup (sqlite.org/backup.html).
    """
    address = f"{path.absolute().as_uri()}?mode=rw"
    try:
        with (
            closing(sqlite3.connect(address, timeout=_PATIENCE, uri=True)) as source,
            closing(sqlite3.connect(target)) as beside,
        ):
            source.backup(beside, progress=_patient())
    except sqlite3.Error as error:
        raise StateDamaged(
            f"{files.display_path(path)} cannot be read: {error}. No backup was made. Put an older"
            " backup of it there, or move it away."
        ) from error


def _patient() -> Callable[[int, int, int], None]:
    """Return what ends a copy that others keep waiting: by itself `backup` waits for ever."""
    until = time.monotonic() + _PATIENCE

    def look(status: int, *_: int) -> None:
        if status in _WAITING and time.monotonic() > until:
            raise sqlite3.OperationalError("database is locked")

    return look
