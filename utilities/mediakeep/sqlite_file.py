"""SQLite files: durable ones, and disposable ones that can be rebuilt from other data.

- `open_durable`: each commit is synced, the file is checked when it is opened, and it is never
  replaced: damage is an error (StateDamaged).
- `open_disposable`: no commit is synced on its own, and a damaged file is set aside or deleted.
  `DisposableSqlite` and `SqliteFile` are used through it by processes that share a file; the first
  does without the file if it is unusable, the second raises NoCache.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mediakeep import atomic_files, clean_flag
from mediakeep.clean_flag import FileIdentity, TornFile
from mediakeep.errors import ItemFailed, NewerFormat, NoCache, StateDamaged

SET_ASIDE_SUFFIX = ".aside"  # appended to the name of a damaged or foreign file
LOCK_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_CORRUPT_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_DAMAGE_CODES = _CORRUPT_CODES | {sqlite3.SQLITE_ERROR}  # an error in a statement: other tables
_LOCK_TIMEOUT = 5.0  # seconds to wait for other processes that use a disposable file
_BUSY_TIMEOUT = 30.0  # the same for a file with a write-ahead log
_DURABLE_LOCK_TIMEOUT = 60.0  # the same for a durable file
_DISABLED_SECONDS = 60.0  # seconds without a disposable file after a problem
_APPLICATION_ID = 0x6D6B6664  # "mkfd", of disposable files
_BEGIN_READ = "BEGIN"

Row = tuple[Any, ...]
Statement = tuple[str, tuple[object, ...]]
T = TypeVar("T")


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


def _read_pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _table_names(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in rows]


# Durable files


@dataclass(frozen=True)
class DurableFormat:
    """What a durable file contains; `fix_hint` says what to do about damage."""

    name: str  # for messages, such as "essence database"
    schema: str  # statements, separated by semicolons
    application_id: int
    version: int
    fix_hint: str


class DurableSqlite:
    """An open durable file. Its errors are raised as StateDamaged, ItemFailed or OSError (full)."""

    def __init__(
        self, path: Path, file_format: DurableFormat, connection: sqlite3.Connection
    ) -> None:
        self._path, self._format, self._connection = path, file_format, connection
        self._identity = file_identity(path)

    def check_in_place(self) -> None:
        """Raise StateDamaged if the file was deleted or replaced since it was opened."""
        if file_identity(self._path) != self._identity or not self._identity:
            raise StateDamaged(
                f"The {self._format.name} {self._path} has disappeared. Restore it, or run again."
            )

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection, to read."""
        with _translate_errors(self._path, self._format):
            yield self._connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction, which is synced as a whole or rolled back."""
        with _translate_errors(self._path, self._format), _transaction(self._connection):
            yield self._connection

    def close(self) -> None:
        self._connection.close()


def open_durable(path: Path, file_format: DurableFormat, *, write: bool) -> DurableSqlite | None:
    """Open a durable file, and create it if `write`; return None if there is none to be read.

    Raise StateDamaged if it is damaged or of another program, and NewerFormat if a later version
    wrote it.
    """
    if not write and not path.exists():
        return None
    if write:
        atomic_files.make_folder(path.parent)
    with _translate_errors(path, file_format):
        uri = f"{path.absolute().as_uri()}?mode={'rwc' if write else 'rw'}"
        base = sqlite3.connect(uri, uri=True, timeout=_DURABLE_LOCK_TIMEOUT, isolation_level=None)
        try:
            has_tables = _prepare_durable(base, path, file_format, write=write)
        except BaseException:
            base.close()
            raise
    if not has_tables:
        base.close()
        return None
    return DurableSqlite(path, file_format, base)


def _prepare_durable(
    connection: sqlite3.Connection, path: Path, file_format: DurableFormat, *, write: bool
) -> bool:
    """Create the tables of a new file, and check an existing one.

    Return False if there are no tables: the process that created the file may have been killed.
    """
    # syncs the folder too: commits survive a power loss
    connection.execute("PRAGMA synchronous = EXTRA")
    if write and not _table_names(connection):
        with _transaction(connection):
            if not _table_names(connection):  # another worker may have been faster
                for statement in file_format.schema.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {file_format.application_id}")
                connection.execute(f"PRAGMA user_version = {file_format.version}")
    if not _table_names(connection):
        return False
    if _read_pragma(connection, "application_id") != file_format.application_id:
        raise StateDamaged(
            f"{path} is not the {file_format.name} of mediakeep. {file_format.fix_hint}"
        )
    if (version := _read_pragma(connection, "user_version")) > file_format.version:
        raise NewerFormat(path, version, file_format.version)
    if (problem := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise StateDamaged(
            f"The {file_format.name} {path} is damaged: {problem}. {file_format.fix_hint}"
        )
    return True


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def _translate_errors(path: Path, file_format: DurableFormat) -> Iterator[None]:
    """Convert SQLite errors into errors of mediakeep."""
    try:
        yield
    except sqlite3.Error as error:
        code, name = error_code(error), f"{file_format.name} {path}"
        if code == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        if code in LOCK_CODES:
            why = "another program has locked it. Close that program, then run again."
            raise ItemFailed(f"Cannot use the {name}: {why}") from error
        if code in _DAMAGE_CODES:
            raise StateDamaged(f"The {name} is damaged: {error}. {file_format.fix_hint}") from error
        raise ItemFailed(f"Cannot use the {name}: {error}.") from error


# Disposable files


def open_disposable(
    path: Path, *, lock_timeout: float = _LOCK_TIMEOUT, write_ahead_log: bool = False
) -> sqlite3.Connection:
    """Open or create a disposable file; raise sqlite3.Error if that fails.

    Its commits are not synced. With a write-ahead log, others read while one process writes, and
    only the latest commits are lost in a power loss.
    """
    base = sqlite3.connect(path, timeout=lock_timeout, isolation_level=None)
    try:
        if write_ahead_log:
            base.execute("PRAGMA journal_mode = WAL")
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
        """Yield a connection for a read transaction, or None if the file is unusable now.

        A database error ends the `with` block early and is not raised.
        """
        return self._run_transaction(_BEGIN_READ)

    def write_transaction(self) -> AbstractContextManager[sqlite3.Connection | None]:
        """Yield a connection for a write transaction, or None if the file is unusable now.

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
                    if _read_pragma(base, "user_version") == self._schema_version:
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
        while (
            self._has_clean_mark
            and self._identity
            and _read_pragma(connection, "user_version") == self._schema_version
        ):
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
        if self._connection and self._identity != file_identity(self._path):
            self._close_connection()
        if self._connection is None:
            self._connect()
        return self._connection

    def _connect(self) -> None:
        for _ in range(2):  # retry after a damaged file was renamed
            try:
                atomic_files.make_folder(self._path.parent)
                self._identity = file_identity(self._path)  # if it is damaged
                self._connection = open_disposable(self._path, lock_timeout=self._lock_timeout)
                self._identity = file_identity(self._path)  # if it was just created
                self._prepare_tables(self._connection)
                return
            except (sqlite3.Error, OSError) as error:
                if not self._disable_or_reset(error):
                    return

    def _prepare_tables(self, connection: sqlite3.Connection) -> None:
        # In this order: another process may be creating the file.
        if _table_names(connection) and not self._is_ours(connection):
            raise NotOurDatabase("a database of another program")
        if (
            self._has_clean_mark
            and _table_names(connection)
            and _read_pragma(connection, "user_version") != self._schema_version
        ):
            raise TornFile("another schema version, possibly torn")
        if _read_pragma(connection, "user_version") != self._schema_version or not self._is_ours(
            connection
        ):
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                if _read_pragma(
                    connection, "user_version"
                ) != self._schema_version or not self._is_ours(connection):
                    self._create_tables(connection)

    def _is_ours(self, connection: sqlite3.Connection) -> bool:
        return _read_pragma(connection, "application_id") == self._application_id

    def _create_tables(self, connection: sqlite3.Connection) -> None:
        for name in _table_names(connection):
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
            if file_identity(self._path) == self._identity:
                delete_file(self._path)

    def _set_file_aside(self) -> None:
        """Rename the SQLite file to NAME.aside, unless another process has replaced it already.

        An older NAME.aside is overwritten.
        """
        with contextlib.suppress(OSError):
            if file_identity(self._path) == self._identity:
                set_file_aside(self._path, f"{self._path}{SET_ASIDE_SUFFIX}")


def _is_unusable(error: Exception) -> bool:
    """Return whether an error means that a SQLite file stays unusable, not only at the moment."""
    # UnicodeDecodeError comes from a stored text or an error message.
    if isinstance(error, NotOurDatabase | UnicodeDecodeError):
        return True
    if isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode"):
        return True  # raised by Python itself for damaged data
    return error_code(error) in _DAMAGE_CODES


class SqliteFile:
    """A disposable file with a write-ahead log; its tables are `CREATE TABLE IF NOT EXISTS`.

    Each process has its own connection, also after a fork. All methods raise NoCache if the file
    cannot be read or written. `damage_notes` are messages about damage that was found.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path, self.damage_notes = path, list[str]()
        self._schema = schema
        # by process id: none is used after a fork
        self._connections: dict[int, sqlite3.Connection] = {}
        self._connected_identity: FileIdentity | None = None  # of the open file
        # changes nothing, but fails if not writable
        self.execute_all(("PRAGMA user_version = 1", ()))

    def query_row(self, query: str, *values: object) -> Row:
        """Return the first row of a query's result, or an empty tuple if there is no row."""
        return self._run(lambda database: database.execute(query, values).fetchone() or ())

    def query_rows(self, query: str, *values: object) -> list[Row]:
        """Return all rows of a query's result."""
        return self._run(lambda database: database.execute(query, values).fetchall())

    def execute_all(self, *statements: Statement) -> None:
        """Execute SQL statements in one transaction; each is a pair of text and values."""

        def execute(database: sqlite3.Connection) -> None:
            with database:  # commits or rolls back
                database.execute("BEGIN IMMEDIATE")
                for statement, values in statements:
                    database.execute(statement, values)

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
                if error_code(error) in _CORRUPT_CODES and not is_replaced:
                    self._set_aside()
                    is_replaced = True
                elif error_code(error) not in LOCK_CODES or time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _connection(self) -> sqlite3.Connection:
        if connection := self._connections.get(os.getpid()):
            if file_identity(self.path) == self._connected_identity:
                return connection
            self.close()  # another process deleted it or set it aside
        atomic_files.make_folder(self.path.parent)
        with self._lock_folder():
            connection = self._connect()
        self._connections[os.getpid()], self._connected_identity = (
            connection,
            file_identity(self.path),
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
        connection = open_disposable(self.path, lock_timeout=_BUSY_TIMEOUT, write_ahead_log=True)
        connection.text_factory = lambda text: text.decode(errors="replace")
        try:
            connection.executescript(self._schema)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _lock_folder(self) -> Iterator[None]:
        """Lock the file's folder for a `with` block.

        Meanwhile no other process opens the file, or renames it because it is damaged.
        """
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _set_aside(self) -> None:
        """Rename a damaged SQLite file to NAME.damaged-TIME, unless another process already has."""
        self.close()
        with self._lock_folder():
            if _passes_quick_check(self.path):
                return
            aside = f"{self.path}.damaged-{time.time_ns()}"
            set_file_aside(self.path, aside)
            self.damage_notes.append(
                f"{self.path} was damaged. It was renamed to {aside} and replaced."
            )


def _passes_quick_check(path: Path) -> bool:
    """Return whether SQLite's quick check finds no errors in a file."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_BUSY_TIMEOUT)) as database:
            result = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if error_code(error) in _CORRUPT_CODES:
            return False
        raise
    return bool(result == ("ok",))
