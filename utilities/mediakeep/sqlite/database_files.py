"""What all SQLite files share: error codes, identity, and renaming with their journals."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from mediakeep.sqlite.clean_flag import FileIdentity

LOCK_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
CORRUPT_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# an error in a statement: other tables
DAMAGE_CODES = CORRUPT_CODES | {sqlite3.SQLITE_ERROR}


def error_code(error: Exception) -> int:
    """Return the primary result code of an SQLite error, or 0 if Python itself raised it."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def file_identity(path: Path) -> FileIdentity | None:
    """Return device and inode of a file, or None if it does not exist or cannot be reached."""
    try:
        facts = os.stat(path)  # noqa: PTH116 (once per artist; twice as fast as Path.stat)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def set_file_aside(path: Path, name: str) -> None:
    """Rename a file and its write-ahead log; delete its rollback journal."""
    for suffix in ("-wal", "-shm", ""):  # in this order: a new file would read a remaining log
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{name}{suffix}")  # noqa: PTH105
    Path(f"{path}-journal").unlink(missing_ok=True)


def delete_file(path: Path) -> None:
    """Delete a file and its rollback journal, which would be played into a new file."""
    path.unlink(missing_ok=True)
    Path(f"{path}-journal").unlink(missing_ok=True)


def read_pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def list_tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in rows]
