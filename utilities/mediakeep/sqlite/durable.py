"""Durable SQLite files: each commit is synced, and damage is an error.

A file is checked when it is opened, and it is never replaced.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mediakeep import atomic_files
from mediakeep.errors import ItemFailed, NewerFormat, StateDamaged
from mediakeep.sqlite import database_files

_LOCK_TIMEOUT = 60.0  # seconds to wait for other processes


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
        self._identity = database_files.file_identity(path)

    def check_in_place(self) -> None:
        """Raise StateDamaged if the file was deleted or replaced since it was opened."""
        if database_files.file_identity(self._path) != self._identity or not self._identity:
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
        base = sqlite3.connect(uri, uri=True, timeout=_LOCK_TIMEOUT, isolation_level=None)
        try:
            has_tables = _prepare_durable(base, path, file_format, write=write)
        except BaseException:
            base.close()
            raise
    if not has_tables:
        base.close()
        return None
    return DurableSqlite(path, file_format, base)


def create_durable(path: Path, file_format: DurableFormat) -> DurableSqlite:
    """Open a durable file, which is created if it is missing; raise as `open_durable` does."""
    file = open_durable(path, file_format, write=True)
    assert file
    return file


def _prepare_durable(
    connection: sqlite3.Connection, path: Path, file_format: DurableFormat, *, write: bool
) -> bool:
    """Create the tables of a new file, and check an existing one.

    Return False if there are no tables: the process that created the file may have been killed.
    """
    # syncs the folder too: commits survive a power loss
    connection.execute("PRAGMA synchronous = EXTRA")
    if write and not database_files.list_tables(connection):
        with _transaction(connection):
            if not database_files.list_tables(connection):  # another worker may have been faster
                for statement in file_format.schema.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {file_format.application_id}")
                connection.execute(f"PRAGMA user_version = {file_format.version}")
    if not database_files.list_tables(connection):
        return False
    if database_files.read_pragma(connection, "application_id") != file_format.application_id:
        raise StateDamaged(
            f"{path} is not the {file_format.name} of mediakeep. {file_format.fix_hint}"
        )
    if (version := database_files.read_pragma(connection, "user_version")) > file_format.version:
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
        code, name = database_files.error_code(error), f"{file_format.name} {path}"
        if code == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        if code in database_files.LOCK_CODES:
            why = "another program has locked it. Close that program, then run again."
            raise ItemFailed(f"Cannot use the {name}: {why}") from error
        if code in database_files.DAMAGE_CODES:
            raise StateDamaged(f"The {name} is damaged: {error}. {file_format.fix_hint}") from error
        raise ItemFailed(f"Cannot use the {name}: {error}.") from error
