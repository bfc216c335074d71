"""A disposable SQLite file whose users need it: if it is unusable, they get an error.

It has a write-ahead log, so processes can read it while another one writes.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mediakeep import atomic_files, home_rpc
from mediakeep.errors import NoCache
from mediakeep.sqlite import database_files, disposable
from mediakeep.sqlite.clean_flag import FileIdentity

_BUSY_TIMEOUT = 30.0  # seconds to wait for other processes

Row = tuple[Any, ...]
Statement = tuple[str, tuple[object, ...]]
T = TypeVar("T")


class SqliteCache:
    """A disposable file with a write-ahead log; its tables are `CREATE TABLE IF NOT EXISTS`.

    Each process has its own connection, also after a fork; one on another host uses that of the
    host of the queue. All methods raise NoCache if the file cannot be read or written.
    `damage_notes` are messages about damage that was found.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path, self.damage_notes = path, list[str]()
        self._schema = schema
        # by process id: none is used after a fork
        self._connections: dict[int, sqlite3.Connection] = {}
        self._connected_identity: FileIdentity | None = None  # of the open file
        self._remote = home_rpc.build_remote_object(SqliteCache, path, schema=schema)
        # changes nothing, but fails if not writable
        self.execute_all(("PRAGMA user_version = 1", ()))

    def query_row(self, query: str, *values: object) -> Row:
        """Return the first row of a query's result, or an empty tuple if there is no row."""
        if self._remote:
            return self._remote.call(SqliteCache.query_row, query, *values)
        return self._run(lambda database: database.execute(query, values).fetchone() or ())

    def query_rows(self, query: str, *values: object) -> list[Row]:
        """Return all rows of a query's result."""
        if self._remote:
            return self._remote.call(SqliteCache.query_rows, query, *values)
        return self._run(lambda database: database.execute(query, values).fetchall())

    def execute_all(self, *statements: Statement) -> None:
        """Execute SQL statements in one transaction; each is a pair of text and values."""

        def execute(database: sqlite3.Connection) -> None:
            with database:  # commits or rolls back
                database.execute("BEGIN IMMEDIATE")
                for statement, values in statements:
                    database.execute(statement, values)

        if self._remote:
            self._remote.call(SqliteCache.execute_all, *statements)
        else:
            self._run(execute)

    def close(self) -> None:
        """Close the connection to the SQLite file; the next query opens a new one."""
        if database := self._connections.pop(os.getpid(), None):
            database.close()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._run_with_retries(work)
        except (sqlite3.Error, OSError) as error:
            raise NoCache(self.path, error) from error

    def _run_with_retries(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Call `work` with a connection; replace a damaged file, and retry while it is locked.

        SQLite itself does not wait while another process creates the file or closes the last
        connection.
        """
        end, is_replaced = time.monotonic() + _BUSY_TIMEOUT, False
        while True:
            try:
                return work(self._connection())
            except sqlite3.DatabaseError as error:
                code = database_files.error_code(error)
                if code in database_files.CORRUPT_CODES and not is_replaced:
                    self._set_aside()
                    is_replaced = True
                elif code not in database_files.LOCK_CODES or time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _connection(self) -> sqlite3.Connection:
        if connection := self._connections.get(os.getpid()):
            if database_files.file_identity(self.path) == self._connected_identity:
                return connection
            self.close()  # another process deleted it or set it aside
        atomic_files.make_folder(self.path.parent)
        with self._lock_folder():
            connection = self._connect()
        self._connections[os.getpid()], self._connected_identity = (
            connection,
            database_files.file_identity(self.path),
        )
        return connection

    def _connect(self) -> sqlite3.Connection:
        """Open or create the SQLite file.

        If it is missing, remove the journals of a deleted file first, because SQLite would read
        them.
        """
        if not self.path.exists():
            for part in ("-wal", "-shm"):
                Path(f"{self.path}{part}").unlink(missing_ok=True)
        connection = disposable.open_disposable(
            self.path, lock_timeout=_BUSY_TIMEOUT, write_ahead_log=True
        )
        connection.text_factory = lambda text: text.decode(errors="replace")
        try:
            connection.executescript(self._schema)
        except BaseException:
            connection.close()
            raise
        return connection

    def _lock_folder(self) -> contextlib.AbstractContextManager[int]:
        """Lock the file's folder for a `with` block.

        Meanwhile no other process opens the file, or renames it because it is damaged.
        """
        return atomic_files.exclusive_lock(self.path.parent, atomic_files.FOLDER)

    def _set_aside(self) -> None:
        """Rename a damaged SQLite file to NAME.damaged-TIME, unless another process already has."""
        self.close()
        with self._lock_folder():
            if _passes_quick_check(self.path):
                return
            aside = f"{self.path}.damaged-{time.time_ns()}"
            database_files.set_file_aside(self.path, aside)
            self.damage_notes.append(
                f"{self.path} was damaged. It was renamed to {aside} and replaced."
            )


def _passes_quick_check(path: Path) -> bool:
    """Return whether SQLite's quick check finds no errors in a file."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_BUSY_TIMEOUT)) as database:
            result = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if database_files.error_code(error) in database_files.CORRUPT_CODES:
            return False
        raise
    return bool(result == ("ok",))
