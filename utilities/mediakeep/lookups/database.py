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
from pathlib import Path
from typing import Any, TypeVar

from mediakeep import files
from mediakeep.errors import NoCache

Row = tuple[Any, ...]
Statement = tuple[str, tuple[object, ...]]
T = TypeVar("T")

_BUSY = 30.0  # seconds to wait for other processes that write
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_HELD = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_PARTS = "-wal", "-shm", ""  # in this order: a new file would read a remaining journal
_MODES = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"


class Database:
    """A file with the tables of a schema, each `CREATE TABLE IF NOT EXISTS`.

    All methods raise NoCache if the file cannot be read or written. `damage_notes` are messages
    about damage that was found.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path, self.notes = path, list[str]()
        self._schema = schema
        self._open: dict[int, sqlite3.Connection] = {}  # by process id: none is used after a fork
        self._file: tuple[int, int] | None = None  # of the open file
        self.write(("PRAGMA user_version = 1", ()))  # changes nothing, but fails if not writable

    def read(self, query: str, *values: object) -> Row:
        """Return the first row of a query, or an empty tuple."""
        return self._do(lambda database: database.execute(query, values).fetchone() or ())

    def rows(self, query: str, *values: object) -> list[Row]:
        """Return all rows of a query."""
        return self._do(lambda database: database.execute(query, values).fetchall())

    def write(self, *statements: Statement) -> None:
        """Execute statements with their values in one transaction."""

        def execute(database: sqlite3.Connection) -> None:
            with database:  # commits or rolls back
                database.execute("BEGIN IMMEDIATE")
                for statement, values in statements:
                    database.execute(statement, values)

        self._do(execute)

    def close(self) -> None:
        """Close the connection; it reopens when used."""
        if database := self._open.pop(os.getpid(), None):
            database.close()

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._done(work)
        except (sqlite3.Error, OSError) as error:
            raise NoCache(self.path, error) from error

    def _done(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Read or write; replace a damaged file, and retry while it is locked.

        SQLite itself does not wait while another process creates the file or closes the last
        connection.
        """
        end, is_replaced = time.monotonic() + _BUSY, False
        while True:
            try:
                return work(self._database())
            except sqlite3.DatabaseError as error:
                if _tells(error, _DAMAGE) and not is_replaced:
                    self._set_aside()
                    is_replaced = True
                elif not _tells(error, _HELD) or time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _database(self) -> sqlite3.Connection:
        if connection := self._open.get(os.getpid()):
            if _identity(self.path) == self._file:
                return connection
            self.close()  # another process deleted it or set it aside
        files.make_folder(self.path.parent)
        with self._alone():
            connection = self._opened()
        self._open[os.getpid()], self._file = connection, _identity(self.path)
        return connection

    def _opened(self) -> sqlite3.Connection:
        """Open or create the file; first remove journals of a deleted one, which would be read."""
        if not self.path.exists():
            for part in _PARTS[:2]:
                Path(f"{self.path}{part}").unlink(missing_ok=True)
        connection = sqlite3.connect(self.path, timeout=_BUSY, isolation_level=None)
        connection.text_factory = lambda text: text.decode(errors="replace")
        try:
            connection.executescript(_MODES + self._schema)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
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
        with self._alone():
            if _is_whole(self.path):
                return
            aside = f"{self.path}.damaged-{time.time_ns()}"
            for part in _PARTS:
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{self.path}{part}").rename(f"{aside}{part}")
            self.notes.append(f"{self.path} was damaged. It was renamed to {aside} and replaced.")


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file, or None if it does not exist."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _tells(error: sqlite3.Error, codes: set[int]) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in codes


def _is_whole(path: Path) -> bool:
    """Return whether SQLite's quick check finds no errors in a file."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_BUSY)) as database:
            result = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if _tells(error, _DAMAGE):
            return False
        raise
    return bool(result == ("ok",))
