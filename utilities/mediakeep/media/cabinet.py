"""Disposable SQLite files: caches that may be deleted at any time, even while in use.

A problem with such a file is never an error. A damaged or foreign file is renamed and replaced by a
new one; a locked or unwritable file is not used for a while. Nothing is synced, so rows must detect
damage by a power loss themselves, unless the file has a clean mark (`clean_flag`).

WAL mode is avoided on purpose: a deleted database that is still open would share its log with the
new file of the same name.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from mediakeep import clean_flag, files
from mediakeep.clean_flag import Torn

ASIDE = ".aside"  # appended to the name of a damaged or foreign file
_OURS = 0x6D6B6664  # "mkfd", the application id
_PATIENCE = 5.0
_READ = "BEGIN"
_PAUSE = 60.0  # seconds without the file after a problem
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class Foreign(sqlite3.DatabaseError):
    """The database belongs to another program."""


class Cabinet:
    """A disposable SQLite file, as used by one process.

    `stamp` is the schema version; `patience` is the lock timeout in seconds, 0 for the default. A
    `marked` file has a clean mark: without its mark it is deleted and rebuilt.
    """

    def __init__(
        self, path: Path, tables: str, stamp: int, patience: float = 0.0, *, marked: bool = False
    ) -> None:
        self._path, self._tables, self._stamp = path, tables, stamp
        self._patience, self._marked = patience or _PATIENCE, marked
        self._written = False  # whether to set the clean mark on close
        self._base: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._closed_until = 0.0  # monotonic clock

    def reading(self) -> AbstractContextManager[sqlite3.Connection | None]:
        """Yield a connection for a read transaction, or None if the file is unusable now.

        A database error ends the `with` block early and is not raised.
        """
        return self._transaction(_READ)

    def writing(self) -> AbstractContextManager[sqlite3.Connection | None]:
        """Do the same for a write transaction, which is committed as a whole or not at all."""
        return self._transaction("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Close the connection; set the clean mark if this process has written."""
        if self._base and self._identity and self._written:
            clean_flag.mark_clean(self._base, self._identity)
        self._drop()

    def _drop(self) -> None:
        if self._base:
            with contextlib.suppress(sqlite3.Error):
                self._base.close()
        self._base, self._written = None, False

    @contextlib.contextmanager
    def _transaction(self, how: str) -> Iterator[sqlite3.Connection | None]:
        base = self._begun(how)
        try:
            yield base
            if base:
                base.execute("COMMIT")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            self._give_up(error)
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if base:
                    base.execute("ROLLBACK")
            raise

    def _begun(self, how: str) -> sqlite3.Connection | None:
        """Begin a transaction, unless another version of mediakeep has replaced the tables.

        The version is checked inside the transaction, so it cannot change until the end.
        """
        for _ in range(2):  # retry after a torn file was replaced
            try:
                if base := self._opened():
                    self._start(base, how)
                    if _version(base) == self._stamp:
                        return base
                    base.execute("ROLLBACK")
                return None
            except Torn as error:
                self._give_up(error)
            except (sqlite3.Error, UnicodeDecodeError) as error:
                self._give_up(error)
                return None
        return None

    def _start(self, base: sqlite3.Connection, how: str) -> None:
        """Start a transaction; before a write, clear the mark of a marked file."""
        base.execute(how)
        while self._marked and self._identity and _version(base) == self._stamp:
            is_set = clean_flag.is_clean(base, self._identity)
            self._written |= how != _READ
            if not is_set or how == _READ:
                return
            base.execute("ROLLBACK")
            clean_flag.mark_dirty(base, self._identity)
            base.execute(how)

    def _opened(self) -> sqlite3.Connection | None:
        """Return a connection to the current file; reconnect if it was deleted or replaced."""
        if time.monotonic() < self._closed_until:
            return None
        if self._base and self._identity != _identity(self._path):
            self._drop()
        if self._base is None:
            self._open()
        return self._base

    def _open(self) -> None:
        for _ in range(2):  # retry after a damaged file was renamed
            try:
                files.make_folder(self._path.parent)
                self._base = sqlite3.connect(
                    self._path, timeout=self._patience, isolation_level=None
                )
                self._identity = _identity(self._path)
                self._prepare(self._base)
                return
            except (sqlite3.Error, OSError) as error:
                if not self._give_up(error):
                    return

    def _prepare(self, base: sqlite3.Connection) -> None:
        # In this order: another process may be creating the file.
        if _tables(base) and not _is_ours(base):
            raise Foreign("a database of another program")
        base.execute("PRAGMA synchronous = OFF")
        if self._marked and _tables(base) and _version(base) != self._stamp:
            raise Torn("another schema version, possibly torn")
        if _version(base) != self._stamp or not _is_ours(base):
            base.execute("BEGIN IMMEDIATE")
            with base:
                if _version(base) != self._stamp or not _is_ours(base):
                    self._make_anew(base)

    def _make_anew(self, base: sqlite3.Connection) -> None:
        for name in _tables(base):
            base.execute(f'DROP TABLE "{name}"')
        for statement in self._tables.split(";"):
            base.execute(statement)
        if self._marked and self._identity:
            clean_flag.begin(base, self._identity)
        base.execute(f"PRAGMA application_id = {_OURS}")
        base.execute(f"PRAGMA user_version = {self._stamp}")

    def _give_up(self, error: sqlite3.Error | OSError | UnicodeDecodeError) -> bool:
        """Disable the file for a while; or remove a bad one, and return True."""
        self._drop()
        if isinstance(error, Torn):
            self._remove()
            return True
        if _is_damage(error):
            self._set_aside()
            return True
        self._closed_until = time.monotonic() + _PAUSE
        return False

    def _remove(self) -> None:
        """Delete the file, unless another process has replaced it already."""
        with contextlib.suppress(OSError):
            if _identity(self._path) == self._identity:
                self._path.unlink()
                Path(f"{self._path}-journal").unlink(missing_ok=True)

    def _set_aside(self) -> None:
        """Rename the file, unless another process has replaced it; keep at most one."""
        with contextlib.suppress(OSError):
            if _identity(self._path) == self._identity:
                os.replace(self._path, f"{self._path}{ASIDE}")  # noqa: PTH105
                Path(f"{self._path}-journal").unlink(missing_ok=True)


def _is_damage(error: Exception) -> bool:
    """Return True if the file is unusable for good, not only at the moment."""
    # UnicodeDecodeError comes from a stored text or an error message.
    if isinstance(error, Foreign | UnicodeDecodeError):
        return True
    if isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode"):
        return True  # raised by Python itself for damaged data
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)  # noqa: PTH116 (once per artist; twice as fast as Path.stat)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _version(base: sqlite3.Connection) -> int:
    return int(base.execute("PRAGMA user_version").fetchone()[0])


def _is_ours(base: sqlite3.Connection) -> bool:
    return int(base.execute("PRAGMA application_id").fetchone()[0]) == _OURS


def _tables(base: sqlite3.Connection) -> list[str]:
    rows = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in rows]
