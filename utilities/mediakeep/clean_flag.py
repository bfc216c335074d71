"""The clean mark of a derived SQLite file: whether a power loss may have torn it.

1. Before the first write the mark is cleared, and synced.
2. Writes follow without any sync.
3. When its writer closes the file, the mark is set by a commit that syncs all of the file.

Without its mark a file is rebuilt, unless the mark was cleared in this very file since the system
started: then everything that was written is in the system's memory still, and SQLite's rollback
journal covers writers that were killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import sqlite3
import sys
from functools import cache
from pathlib import Path

Identity = tuple[int, int]  # device and inode of a file: a copy of it has another

TABLE = "CREATE TABLE clean_mark(value TEXT NOT NULL)"

_CLEAN = ""
_READ = "SELECT value FROM clean_mark"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Torn(sqlite3.DatabaseError):
    """The file may hold pages of different ages, or does."""


def begin(base: sqlite3.Connection, identity: Identity) -> None:
    """Create the mark of a new file, cleared; call it in the transaction that makes the tables."""
    base.execute(TABLE)
    base.execute("INSERT INTO clean_mark VALUES(?)", (_cleared(identity),))


def is_clean(base: sqlite3.Connection, identity: Identity) -> bool:
    """Tell whether the mark is set; Torn if it is not, and the file is not to be trusted.

    Call it within a transaction.
    """
    (value,) = base.execute(_READ).fetchone() or (None,)
    if value != _CLEAN and (value != _cleared(identity) or not _boot()):
        raise Torn("it was not closed before the system stopped")
    return bool(value == _CLEAN)


def mark_dirty(base: sqlite3.Connection, identity: Identity) -> None:
    """Clear the mark before the first write, and sync that; call it outside a transaction."""
    _write(base, _cleared(identity))


def mark_clean(base: sqlite3.Connection, identity: Identity) -> None:
    """Sync the file and set its mark, if it is free and to be trusted.

    Call it outside a transaction. Without it, only a rebuild after the next start of the system is
    lost: so no trouble is an error.
    """
    with contextlib.suppress(sqlite3.Error):
        base.execute("PRAGMA busy_timeout = 0")  # whoever writes now restores it later
        base.execute("BEGIN")
        try:
            done = is_clean(base, identity)
        finally:
            base.execute("ROLLBACK")
        if not done:
            _write(base, _CLEAN)


def _write(base: sqlite3.Connection, value: str) -> None:
    """Write the mark in a commit that is synced before and after, with the folder.

    A crash amid it leaves the synced rollback journal, which brings back the mark of before.
    """
    base.execute("PRAGMA fullfsync = ON")  # macOS syncs no further than the drive otherwise
    base.execute("PRAGMA synchronous = EXTRA")
    try:
        base.execute("BEGIN IMMEDIATE")
        base.execute("UPDATE clean_mark SET value = ?", (value,))
        base.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            base.execute("ROLLBACK")
        raise
    finally:
        base.execute("PRAGMA synchronous = OFF")


def _cleared(identity: Identity) -> str:
    """Return what stands in place of the mark: this run of the system, and this file, no copy."""
    return "{} {} {}".format(_boot(), *identity)


@cache
def _boot() -> str:
    """Return what tells this run of the system from all others; "" if the system does not say."""
    if sys.platform == "darwin":
        text, size = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
        system = ctypes.CDLL(None)
        failed = system.sysctlbyname(b"kern.bootsessionuuid", text, ctypes.byref(size), None, 0)
        return "" if failed else text.value.decode()
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
