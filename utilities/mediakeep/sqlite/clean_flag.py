"""The clean mark of a SQLite file that can be rebuilt: it is set if the file is surely complete.

Without the mark, a power loss may have left the file partly written:

1. Before the first write, the mark is cleared and synced to the disk.
2. Writes follow without syncs.
3. When the writer closes the file, it sets the mark in a commit that syncs the whole file.

A file without the mark is rebuilt, unless the mark was cleared in the same file since the last
boot: then all writes are still in the page cache, and SQLite's rollback journal covers writers that
were killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import sqlite3
import sys
from functools import cache
from pathlib import Path

FileIdentity = tuple[int, int]  # device and inode of a file; a copy has a different one

CREATE_TABLE = "CREATE TABLE clean_mark(value TEXT NOT NULL)"

_CLEAN = ""
_SELECT_MARK = "SELECT value FROM clean_mark"
_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


class TornFile(sqlite3.DatabaseError):
    """Raised if a SQLite file may mix old and new pages after a power loss, and must be rebuilt."""


def create_clean_mark(connection: sqlite3.Connection, identity: FileIdentity) -> None:
    """Create the table of the clean mark in a new SQLite file, with the mark cleared.

    Call it in the transaction that creates the other tables.
    """
    connection.execute(CREATE_TABLE)
    connection.execute("INSERT INTO clean_mark VALUES(?)", (_dirty_value(identity),))


def is_clean(connection: sqlite3.Connection, identity: FileIdentity) -> bool:
    """Return whether the clean mark of a SQLite file is set.

    Raise TornFile if it is not set and a power loss may have damaged the file. Call it within a
    transaction.
    """
    (value,) = connection.execute(_SELECT_MARK).fetchone() or (None,)
    if value != _CLEAN and (value != _dirty_value(identity) or not _boot_id()):
        raise TornFile("it was not closed before the system stopped")
    return bool(value == _CLEAN)


def mark_dirty(connection: sqlite3.Connection, identity: FileIdentity) -> None:
    """Clear the clean mark of a SQLite file, and sync that to the disk, before the first write.

    Call it outside a transaction.
    """
    _write_mark(connection, _dirty_value(identity))


def mark_clean(connection: sqlite3.Connection, identity: FileIdentity) -> None:
    """Sync a SQLite file to the disk and set its clean mark.

    Nothing is done if another process is writing to the file, or if a power loss may have damaged
    it. Call it outside a transaction. SQLite errors are ignored: without the mark, the file is
    rebuilt after the next boot.
    """
    with contextlib.suppress(sqlite3.Error):
        # a process that writes now sets the mark later
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("BEGIN")
        try:
            done = is_clean(connection, identity)
        finally:
            connection.execute("ROLLBACK")
        if not done:
            _write_mark(connection, _CLEAN)


def _write_mark(connection: sqlite3.Connection, value: str) -> None:
    """Store a value of the clean mark in a commit that is synced to the disk, with the folder.

    A crash during the commit leaves SQLite's rollback journal, which restores the old value.
    """
    # without it, macOS does not flush the drive's cache
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA synchronous = EXTRA")
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE clean_mark SET value = ?", (value,))
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute("PRAGMA synchronous = OFF")


def _dirty_value(identity: FileIdentity) -> str:
    """Return the stored value of a cleared clean mark: the ids of the boot and of the file."""
    return "{} {} {}".format(_boot_id(), *identity)


@cache
def _boot_id() -> str:
    """Return the id of the current boot of the system, or "" if the system provides none."""
    if sys.platform == "darwin":
        text, size = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
        system = ctypes.CDLL(None)
        failed = system.sysctlbyname(b"kern.bootsessionuuid", text, ctypes.byref(size), None, 0)
        return "" if failed else text.value.decode()
    try:
        return _BOOT_ID_FILE.read_text().strip()
    except OSError:
        return ""
