"""SQLite files that other programs read, and that can be made again from the state of a home."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from mediakeep.sqlite import database_files, disposable


def read_rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query, without a change of the file; raise sqlite3.Error."""
    with contextlib.closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    ) as connection:
        return connection.execute(query).fetchall()


def open_export(path: Path, schema: str, application_id: int) -> sqlite3.Connection:
    """Open or create a file, whose foreign keys are enforced; raise sqlite3.Error.

    Others can read it while it is written. One that is damaged, or of another program, is set
    aside, and an empty one is created.
    """
    with contextlib.suppress(sqlite3.Error):
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
        if (found := connection.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(found)
        return connection
    except BaseException:
        connection.close()
        raise
