"""SQLite files that other programs read, and that can be made again from the state of a home."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from mediakeep.sqlite import database_files, disposable


def read_rows(path: Path, query: str, *, checked: bool = False) -> list[tuple[Any, ...]]:
    """Return the rows of a query, without a change of the file; raise sqlite3.Error.

    With `checked`, it is raised for a damaged file, too, also if the query does not read that part.
    """
    mode = "rw" if checked else "ro"  # SQLite checks no constraints of a file that is read-only
    with contextlib.closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True)
    ) as connection:
        try:
            if checked:
                _check_integrity(connection, path)
            return connection.execute(query).fetchall()
        except UnicodeDecodeError as error:  # of a damaged text, or a message with one
            raise sqlite3.DatabaseError(str(error)) from error


def open_export(path: Path, schema: str, application_id: int) -> sqlite3.Connection:
    """Open or create a file, whose foreign keys are enforced; raise sqlite3.Error.

    Others can read it while it is written. One that is damaged, or of another program, is set
    aside, and an empty one is created.
    """
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        return _open_checked(path, schema, application_id)
    database_files.set_file_aside(path, f"{path}{disposable.SET_ASIDE_SUFFIX}")
    return _open_checked(path, schema, application_id)


def _open_checked(path: Path, schema: str, application_id: int) -> sqlite3.Connection:
    connection = disposable.open_disposable(path, write_ahead_log=True)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if not database_files.list_tables(connection):
                for statement in schema.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {application_id}")
        if database_files.read_pragma(connection, "application_id") != application_id:
            raise disposable.NotOurDatabase("a database of another program")
        _check_integrity(connection, path)
        return connection
    except BaseException:
        connection.close()
        raise


def _check_integrity(connection: sqlite3.Connection, path: Path) -> None:
    """Raise sqlite3.DatabaseError if a file is damaged, as far as SQLite can notice.

    These are pages, indexes, constraints, foreign keys, and bytes after the last page.
    """
    if (found := connection.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
        raise sqlite3.DatabaseError(found)
    if found := connection.execute("PRAGMA foreign_key_check").fetchone():
        raise sqlite3.DatabaseError(f"a row of {found[0]} belongs to no row of {found[2]}")
    pages, size = (database_files.read_pragma(connection, f"page_{x}") for x in ("count", "size"))
    if (more := path.stat().st_size - pages * size) > 0:
        raise sqlite3.DatabaseError(f"{more} bytes after its last page")
