"""Copy SQLite files consistently; a plain copy may be torn."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from mediakeep import files
from mediakeep.errors import StateDamaged

_PATIENCE = 60.0  # seconds to wait for a writer of the database
_WAITING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def copy(path: Path, target: Path) -> None:
    """Copy a database that other processes may be writing; raise StateDamaged if it is unreadable.

    This uses the online backup of SQLite (sqlite.org/backup.html).
    """
    address = f"{path.absolute().as_uri()}?mode=rw"
    try:
        with (
            closing(sqlite3.connect(address, timeout=_PATIENCE, uri=True)) as source,
            closing(sqlite3.connect(target)) as destination,
        ):
            source.backup(destination, progress=_patient())
    except sqlite3.Error as error:
        raise StateDamaged(
            f"{files.display_path(path)} cannot be read: {error}. No backup was made. Replace it"
            " by an older backup, or move it away."
        ) from error


def _patient() -> Callable[[int, int, int], None]:
    """Return a progress callback that ends a copy of a busy database: `backup` waits forever."""
    until = time.monotonic() + _PATIENCE

    def check(status: int, *_: int) -> None:
        if status in _WAITING and time.monotonic() > until:
            raise sqlite3.OperationalError("database is locked")

    return check
