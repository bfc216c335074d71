"""Disposable SQLite files: no commit is synced on its own, and a damaged file is replaced.

A process does without the file while it is unusable.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from mediakeep import atomic_files
from mediakeep.sqlite import clean_flag, database_files
from mediakeep.sqlite.clean_flag import FileIdentity, TornFile

SET_ASIDE_SUFFIX = ".aside"  # appended to the name of a damaged or foreign file
_LOCK_TIMEOUT = 10.0  # seconds to wait for other processes
_DISABLED_SECONDS = 60.0  # seconds without a file after a problem
_APPLICATION_ID = 0x6D6B6664  # "mkfd"
_BEGIN_READ = "BEGIN"


def open_disposable(
    path: Path, *, lock_timeout: float = _LOCK_TIMEOUT, write_ahead_log: bool = False
) -> sqlite3.Connection:
    """Open or create a disposable file; raise sqlite3.Error if that fails.

    Its commits are not synced. With a write-ahead log, others read while one process writes, and
    only the latest commits are lost in a power loss.
    """
    base = sqlite3.connect(path, timeout=lock_timeout, isolation_level=None)
    try:
        # TRUNCATE keeps the journal file. To create and delete it takes longer than the commit, and
        # on ext4 it slows down the creation of other files for five seconds.
        base.execute(f"PRAGMA journal_mode = {'WAL' if write_ahead_log else 'TRUNCATE'}")
        base.execute(f"PRAGMA synchronous = {'NORMAL' if write_ahead_log else 'OFF'}")
    except BaseException:
        base.close()
        raise
    return base


class NotOurDatabase(sqlite3.DatabaseError):
    """Raised if a SQLite file belongs to another program."""


class DisposableSqlite:
    """A disposable SQLite file, as used by one process, or nothing while it is unusable.

    `lock_timeout` is in seconds, 0 for the default. A `marked` file has a clean mark: without its
    mark it is deleted and rebuilt. A file with another application id belongs to another program.
    """

    def __init__(
        self,
        path: Path,
        schema: str,
        schema_version: int,
        lock_timeout: float = 0.0,
        *,
        marked: bool = False,
        application_id: int = _APPLICATION_ID,
    ) -> None:
        self._path, self._schema, self._schema_version = path, schema, schema_version
        self._lock_timeout, self._has_clean_mark = lock_timeout or _LOCK_TIMEOUT, marked
        self._application_id = application_id
        self._written = False  # whether to set the clean mark on close
        self._connection: sqlite3.Connection | None = None
        self._identity: FileIdentity | None = None
        self._disabled_until = 0.0  # monotonic clock

    def read_transaction(self) -> AbstractContextManager[sqlite3.Connection | None]:
        """Yield a connection in a read transaction, or None if the file is unusable at present.

        A database error ends the `with` block early and is not raised.
        """
        return self._run_transaction(_BEGIN_READ)

    def write_transaction(self) -> AbstractContextManager[sqlite3.Connection | None]:
        """Yield a connection in a write transaction, or None if the file is unusable at present.

        It is committed as a whole or not at all. A database error ends the `with` block early and
        is not raised.
        """
        return self._run_transaction("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Close the connection. If this process has written, mark the file as complete."""
        if self._connection and self._identity and self._written:
            clean_flag.mark_clean(self._connection, self._identity)
        self._close_connection()

    def _close_connection(self) -> None:
        if self._connection:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._connection, self._written = None, False

    @contextlib.contextmanager
    def _run_transaction(self, how: str) -> Iterator[sqlite3.Connection | None]:
        base = self._begin(how)
        try:
            yield base
            if base:
                base.execute("COMMIT")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            self._disable_or_reset(error)
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if base:
                    base.execute("ROLLBACK")
            raise

    def _begin(self, how: str) -> sqlite3.Connection | None:
        """Begin a transaction and return its connection, or None if the file is unusable now.

        It is unusable, for example, if another version of mediakeep has replaced the tables. The
        version is checked inside the transaction, so it cannot change until the end.
        """
        for _ in range(2):  # retry after a torn file was replaced
            try:
                if base := self._current_connection():
                    self._start_transaction(base, how)
                    if self._has_current_schema(base):
                        return base
                    base.execute("ROLLBACK")
                return None
            except TornFile as error:
                self._disable_or_reset(error)
            except (sqlite3.Error, UnicodeDecodeError) as error:
                self._disable_or_reset(error)
                return None
        return None

    def _start_transaction(self, connection: sqlite3.Connection, how: str) -> None:
        """Start a transaction; before a write, clear the file's clean mark if it has one."""
        connection.execute(how)
        while self._has_clean_mark and self._identity and self._has_current_schema(connection):
            is_set = clean_flag.is_clean(connection, self._identity)
            self._written |= how != _BEGIN_READ
            if not is_set or how == _BEGIN_READ:
                return
            connection.execute("ROLLBACK")
            clean_flag.mark_dirty(connection, self._identity)
            connection.execute(how)

    def _current_connection(self) -> sqlite3.Connection | None:
        """Return a connection to the file, or None if it is disabled for now.

        Reconnect if the file was deleted or replaced.
        """
        if time.monotonic() < self._disabled_until:
            return None
        if self._connection and self._identity != database_files.file_identity(self._path):
            self._close_connection()
        if self._connection is None:
            self._connect()
        return self._connection

    def _connect(self) -> None:
        for _ in range(2):  # retry after a damaged file was renamed
            try:
                atomic_files.make_folder(self._path.parent)
                self._identity = database_files.file_identity(self._path)  # if it is damaged
                self._connection = open_disposable(self._path, lock_timeout=self._lock_timeout)
                self._identity = database_files.file_identity(self._path)  # if it was just created
                self._prepare_tables(self._connection)
                return
            except (sqlite3.Error, OSError) as error:
                if not self._disable_or_reset(error):
                    return

    def _prepare_tables(self, connection: sqlite3.Connection) -> None:
        # In this order: another process may be creating the file.
        if database_files.list_tables(connection) and not self._is_ours(connection):
            raise NotOurDatabase("a database of another program")
        if (
            self._has_clean_mark
            and database_files.list_tables(connection)
            and not self._has_current_schema(connection)
        ):
            raise TornFile("another schema version, possibly torn")
        if not (self._has_current_schema(connection) and self._is_ours(connection)):
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                if not (self._has_current_schema(connection) and self._is_ours(connection)):
                    self._create_tables(connection)

    def _has_current_schema(self, connection: sqlite3.Connection) -> bool:
        return database_files.read_pragma(connection, "user_version") == self._schema_version

    def _is_ours(self, connection: sqlite3.Connection) -> bool:
        return database_files.read_pragma(connection, "application_id") == self._application_id

    def _create_tables(self, connection: sqlite3.Connection) -> None:
        for name in database_files.list_tables(connection):
            connection.execute(f'DROP TABLE "{name}"')
        for statement in self._schema.split(";"):
            connection.execute(statement)
        if self._has_clean_mark and self._identity:
            clean_flag.create_clean_mark(connection, self._identity)
        connection.execute(f"PRAGMA application_id = {self._application_id}")
        connection.execute(f"PRAGMA user_version = {self._schema_version}")

    def _disable_or_reset(self, error: sqlite3.Error | OSError | UnicodeDecodeError) -> bool:
        """Return True if a bad file was removed after an error, and can be created again.

        Otherwise stop using the file for a minute, and return False.
        """
        self._close_connection()
        if isinstance(error, TornFile):
            self._delete_file()
            return True
        if _is_unusable(error):
            self._set_file_aside()
            return True
        self._disabled_until = time.monotonic() + _DISABLED_SECONDS
        return False

    def _delete_file(self) -> None:
        """Delete the SQLite file, unless another process has replaced it already."""
        with contextlib.suppress(OSError):
            if database_files.file_identity(self._path) == self._identity:
                database_files.delete_file(self._path)

    def _set_file_aside(self) -> None:
        """Rename the SQLite file to NAME.aside, unless another process has replaced it already.

        An older NAME.aside is overwritten.
        """
        with contextlib.suppress(OSError):
            if database_files.file_identity(self._path) == self._identity:
                database_files.set_file_aside(self._path, f"{self._path}{SET_ASIDE_SUFFIX}")


def _is_unusable(error: Exception) -> bool:
    """Return whether an error means that a SQLite file stays unusable, not only at the moment."""
    # UnicodeDecodeError comes from a stored text or an error message.
    if isinstance(error, NotOurDatabase | UnicodeDecodeError):
        return True
    if isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode"):
        return True  # raised by Python itself for damaged data
    return database_files.error_code(error) in database_files.DAMAGE_CODES
