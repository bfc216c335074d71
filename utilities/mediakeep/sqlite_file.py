"""A SQLite file that processes share and that may be deleted at any time.

Each process has its own connection, also after a fork. Opening fails if the file cannot be written;
a damaged file is set aside and replaced by a new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from mediakeep import atomic_files, clean_flag
from mediakeep.clean_flag import TornFile
from mediakeep.errors import NoCache

SET_ASIDE_SUFFIX = ".aside"  # appended to the name of a damaged or foreign file
_APPLICATION_ID = 0x6D6B6664  # "mkfd", the application id
_LOCK_TIMEOUT = 5.0
_BEGIN_READ = "BEGIN"
_DISABLED_SECONDS = 60.0  # seconds without the file after a problem
_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class NotOurDatabase(sqlite3.DatabaseError):
    """The database belongs to another program."""


class DisposableSqlite:
    """A disposable SQLite file, as used by one process.

    `stamp` is the schema version; `patience` is the lock timeout in seconds, 0 for the default. A
    `marked` file has a clean mark: without its mark it is deleted and rebuilt.
    """

    def __init__(
        self, path: Path, tables: str, stamp: int, patience: float = 0.0, *, marked: bool = False
    ) -> None:
        self._path, self._schema, self._schema_version = path, tables, stamp
        self._lock_timeout, self._has_clean_mark = patience or _LOCK_TIMEOUT, marked
        self._written = False  # whether to set the clean mark on close
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._disabled_until = 0.0  # monotonic clock

    def read_transaction(self) -> AbstractContextManager[sqlite3.Connection | None]:
        """Yield a connection for a read transaction, or None if the file is unusable now.

        A database error ends the `with` block early and is not raised.
        """
        return self._run_transaction(_BEGIN_READ)

    def write_transaction(self) -> AbstractContextManager[sqlite3.Connection | None]:
        """Do the same for a write transaction, which is committed as a whole or not at all."""
        return self._run_transaction("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Close the connection; set the clean mark if this process has written."""
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
        """Begin a transaction, unless another version of mediakeep has replaced the tables.

        The version is checked inside the transaction, so it cannot change until the end.
        """
        for _ in range(2):  # retry after a torn file was replaced
            try:
                if base := self._current_connection():
                    self._start_transaction(base, how)
                    if _user_version(base) == self._schema_version:
                        return base
                    base.execute("ROLLBACK")
                return None
            except TornFile as error:
                self._disable_or_reset(error)
            except (sqlite3.Error, UnicodeDecodeError) as error:
                self._disable_or_reset(error)
                return None
        return None

    def _start_transaction(self, base: sqlite3.Connection, how: str) -> None:
        """Start a transaction; before a write, clear the mark of a marked file."""
        base.execute(how)
        while (
            self._has_clean_mark and self._identity and _user_version(base) == self._schema_version
        ):
            is_set = clean_flag.is_clean(base, self._identity)
            self._written |= how != _BEGIN_READ
            if not is_set or how == _BEGIN_READ:
                return
            base.execute("ROLLBACK")
            clean_flag.mark_dirty(base, self._identity)
            base.execute(how)

    def _current_connection(self) -> sqlite3.Connection | None:
        """Return a connection to the current file; reconnect if it was deleted or replaced."""
        if time.monotonic() < self._disabled_until:
            return None
        if self._connection and self._identity != _file_identity(self._path):
            self._close_connection()
        if self._connection is None:
            self._connect()
        return self._connection

    def _connect(self) -> None:
        for _ in range(2):  # retry after a damaged file was renamed
            try:
                atomic_files.make_folder(self._path.parent)
                self._connection = sqlite3.connect(
                    self._path, timeout=self._lock_timeout, isolation_level=None
                )
                self._identity = _file_identity(self._path)
                self._prepare_tables(self._connection)
                return
            except (sqlite3.Error, OSError) as error:
                if not self._disable_or_reset(error):
                    return

    def _prepare_tables(self, base: sqlite3.Connection) -> None:
        # In this order: another process may be creating the file.
        if _table_names(base) and not _has_our_application_id(base):
            raise NotOurDatabase("a database of another program")
        base.execute("PRAGMA synchronous = OFF")
        if (
            self._has_clean_mark
            and _table_names(base)
            and _user_version(base) != self._schema_version
        ):
            raise TornFile("another schema version, possibly torn")
        if _user_version(base) != self._schema_version or not _has_our_application_id(base):
            base.execute("BEGIN IMMEDIATE")
            with base:
                if _user_version(base) != self._schema_version or not _has_our_application_id(base):
                    self._create_tables(base)

    def _create_tables(self, base: sqlite3.Connection) -> None:
        for name in _table_names(base):
            base.execute(f'DROP TABLE "{name}"')
        for statement in self._schema.split(";"):
            base.execute(statement)
        if self._has_clean_mark and self._identity:
            clean_flag.create_mark(base, self._identity)
        base.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        base.execute(f"PRAGMA user_version = {self._schema_version}")

    def _disable_or_reset(self, error: sqlite3.Error | OSError | UnicodeDecodeError) -> bool:
        """Disable the file for a while; or remove a bad one, and return True."""
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
        """Delete the file, unless another process has replaced it already."""
        with contextlib.suppress(OSError):
            if _file_identity(self._path) == self._identity:
                self._path.unlink()
                Path(f"{self._path}-journal").unlink(missing_ok=True)

    def _set_file_aside(self) -> None:
        """Rename the file, unless another process has replaced it; keep at most one."""
        with contextlib.suppress(OSError):
            if _file_identity(self._path) == self._identity:
                os.replace(self._path, f"{self._path}{SET_ASIDE_SUFFIX}")  # noqa: PTH105
                Path(f"{self._path}-journal").unlink(missing_ok=True)


def _is_unusable(error: Exception) -> bool:
    """Return True if the file is unusable for good, not only at the moment."""
    # UnicodeDecodeError comes from a stored text or an error message.
    if isinstance(error, NotOurDatabase | UnicodeDecodeError):
        return True
    if isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode"):
        return True  # raised by Python itself for damaged data
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE_CODES


def _file_identity(path: Path) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)  # noqa: PTH116 (once per artist; twice as fast as Path.stat)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _user_version(base: sqlite3.Connection) -> int:
    return int(base.execute("PRAGMA user_version").fetchone()[0])


def _has_our_application_id(base: sqlite3.Connection) -> bool:
    return int(base.execute("PRAGMA application_id").fetchone()[0]) == _APPLICATION_ID


def _table_names(base: sqlite3.Connection) -> list[str]:
    rows = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in rows]


Row = tuple[Any, ...]
Statement = tuple[str, tuple[object, ...]]
T = TypeVar("T")

_BUSY_TIMEOUT = 30.0  # seconds to wait for other processes that write
_CORRUPT_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_FILE_SUFFIXES = "-wal", "-shm", ""  # in this order: a new file would read a remaining journal
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"


class SqliteFile:
    """A file with the tables of a schema, each `CREATE TABLE IF NOT EXISTS`.

    All methods raise NoCache if the file cannot be read or written. `damage_notes` are messages
    about damage that was found.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path, self.damage_notes = path, list[str]()
        self._schema = schema
        self._connections: dict[
            int, sqlite3.Connection
        ] = {}  # by process id: none is used after a fork
        self._connected_identity: tuple[int, int] | None = None  # of the open file
        self.execute_all(
            ("PRAGMA user_version = 1", ())
        )  # changes nothing, but fails if not writable

    def query_row(self, query: str, *values: object) -> Row:
        """Return the first row of a query, or an empty tuple."""
        return self._run(lambda database: database.execute(query, values).fetchone() or ())

    def query_rows(self, query: str, *values: object) -> list[Row]:
        """Return all rows of a query."""
        return self._run(lambda database: database.execute(query, values).fetchall())

    def execute_all(self, *statements: Statement) -> None:
        """Execute statements with their values in one transaction."""

        def execute(database: sqlite3.Connection) -> None:
            with database:  # commits or rolls back
                database.execute("BEGIN IMMEDIATE")
                for statement, values in statements:
                    database.execute(statement, values)

        self._run(execute)

    def close(self) -> None:
        """Close the connection; it reopens when used."""
        if database := self._connections.pop(os.getpid(), None):
            database.close()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._run_with_retries(work)
        except (sqlite3.Error, OSError) as error:
            raise NoCache(self.path, error) from error

    def _run_with_retries(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Read or write; replace a damaged file, and retry while it is locked.

        SQLite itself does not wait while another process creates the file or closes the last
        connection.
        """
        end, is_replaced = time.monotonic() + _BUSY_TIMEOUT, False
        while True:
            try:
                return work(self._connection())
            except sqlite3.DatabaseError as error:
                if _has_error_code(error, _CORRUPT_CODES) and not is_replaced:
                    self._set_aside()
                    is_replaced = True
                elif not _has_error_code(error, _BUSY_CODES) or time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _connection(self) -> sqlite3.Connection:
        if connection := self._connections.get(os.getpid()):
            if _device_and_inode(self.path) == self._connected_identity:
                return connection
            self.close()  # another process deleted it or set it aside
        atomic_files.make_folder(self.path.parent)
        with self._lock_folder():
            connection = self._connect()
        self._connections[os.getpid()], self._connected_identity = (
            connection,
            _device_and_inode(self.path),
        )
        return connection

    def _connect(self) -> sqlite3.Connection:
        """Open or create the file; first remove journals of a deleted one, which would be read."""
        if not self.path.exists():
            for part in _FILE_SUFFIXES[:2]:
                Path(f"{self.path}{part}").unlink(missing_ok=True)
        connection = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT, isolation_level=None)
        connection.text_factory = lambda text: text.decode(errors="replace")
        try:
            connection.executescript(_PRAGMAS + self._schema)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _lock_folder(self) -> Iterator[None]:
        """Prevent other processes from opening the file or setting it aside."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _set_aside(self) -> None:
        """Rename a damaged file, unless another process already has."""
        self.close()
        with self._lock_folder():
            if _passes_quick_check(self.path):
                return
            aside = f"{self.path}.damaged-{time.time_ns()}"
            for part in _FILE_SUFFIXES:
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{self.path}{part}").rename(f"{aside}{part}")
            self.damage_notes.append(
                f"{self.path} was damaged. It was renamed to {aside} and replaced."
            )


def _device_and_inode(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file, or None if it does not exist."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _has_error_code(error: sqlite3.Error, codes: set[int]) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in codes


def _passes_quick_check(path: Path) -> bool:
    """Return whether SQLite's quick check finds no errors in a file."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_BUSY_TIMEOUT)) as database:
            result = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if _has_error_code(error, _CORRUPT_CODES):
            return False
        raise
    return bool(result == ("ok",))
