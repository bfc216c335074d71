"""The SQLite file that look-ups are kept in, which may be deleted at any time, and must be whole.

It is for all processes; each of them opens it for itself, also after a fork. What cannot be written
is told when it is opened, and one that is damaged is set aside and made anew.
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
_PARTS = "-wal", "-shm", ""  # in this order: a journal left behind would be read into a new file
_MODES = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"


class Database:
    """A file with the tables of a schema, each `CREATE TABLE IF NOT EXISTS`; NoCache everywhere.

    `notes` are sentences about what was found damaged.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path, self.notes = path, list[str]()
        self._schema = schema
        self._open: dict[int, sqlite3.Connection] = {}  # by process: none is used after a fork
        self._file: tuple[int, int] | None = None  # that is open
        self.write(("PRAGMA user_version = 1", ()))  # a probe, as it changes nothing

    def read(self, query: str, *values: object) -> Row:
        """Return the first row of a query; an empty one where there is none."""
        return self._do(lambda database: database.execute(query, values).fetchone() or ())

    def rows(self, query: str, *values: object) -> list[Row]:
        """Return all rows of a query."""
        return self._do(lambda database: database.execute(query, values).fetchall())

    def write(self, *statements: Statement) -> None:
        """Carry out statements, each with its values: all of them or none."""

        def carry_out(database: sqlite3.Connection) -> None:
            with database:  # commits, or takes all back
                database.execute("BEGIN IMMEDIATE")
                for statement, values in statements:
                    database.execute(statement, values)

        self._do(carry_out)

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        if database := self._open.pop(os.getpid(), None):
            database.close()

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._done(work)
        except (sqlite3.Error, OSError) as error:
            raise NoCache(self.path, error) from error

    def _done(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Read or write; a file that is damaged is made anew, one that is held is waited for.

        SQLite itself does not wait while another process makes the file, or closes it as the last.
        """
        end, is_anew = time.monotonic() + _BUSY, False
        while True:
            try:
                return work(self._database())
            except sqlite3.DatabaseError as error:
                if _tells(error, _DAMAGE) and not is_anew:
                    self._set_aside()
                    is_anew = True
                elif not _tells(error, _HELD) or time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _database(self) -> sqlite3.Connection:
        if found := self._open.get(os.getpid()):
            if _identity(self.path) == self._file:
                return found
            self.close()  # it was deleted, or set aside by another process
        files.make_folder(self.path.parent)
        with self._alone():
            made = self._opened()
        self._open[os.getpid()], self._file = made, _identity(self.path)
        return made

    def _opened(self) -> sqlite3.Connection:
        """Open the file; what is left of one that was deleted would be read into a new one."""
        if not self.path.exists():
            for part in _PARTS[:2]:
                Path(f"{self.path}{part}").unlink(missing_ok=True)
        made = sqlite3.connect(self.path, timeout=_BUSY, isolation_level=None)
        made.text_factory = lambda text: text.decode(errors="replace")
        try:
            made.executescript(_MODES + self._schema)
        except BaseException:
            made.close()
            raise
        return made

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from opening the file, or setting it aside."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _set_aside(self) -> None:
        """Give a damaged file another name, unless another process has done so already."""
        self.close()
        with self._alone():
            if _is_whole(self.path):
                return
            aside = f"{self.path}.damaged-{time.time_ns()}"
            for part in _PARTS:
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{self.path}{part}").rename(f"{aside}{part}")
            self.notes.append(f"{self.path} was damaged. It is kept as {aside}, and made anew.")


def _identity(path: Path) -> tuple[int, int] | None:
    """Tell a file from one that came in its place later; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _tells(error: sqlite3.Error, codes: set[int]) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in codes


def _is_whole(path: Path) -> bool:
    """Tell whether SQLite finds nothing wrong with a file."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_BUSY)) as database:
            found = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if _tells(error, _DAMAGE):
            return False
        raise
    return bool(found == ("ok",))
