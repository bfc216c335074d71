"""Merge the current essence database into a restored one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from mediakeep import files
from mediakeep.errors import ItemFailed, StateDamaged
from mediakeep.media.ledger import FILE, Ledger

_TABLES = ("sound", "finding")
_PATIENCE = 60.0  # seconds to wait for a writer


def join(current: Path, staged: Path) -> None:
    """Add the rows of the current essence database to a restored one; current rows win.

    They describe the files of the library, which no restore changes. Nothing is added from a
    damaged database. If killed, either all rows are added or none, and a second run adds the same.
    """
    if not (current / FILE).exists():
        return
    try:
        Ledger.open(
            current / FILE, write=False
        ).close()  # checks that it is valid and of this format
        Ledger.open(staged / FILE, write=True).close()
    except StateDamaged:
        return
    try:
        _add(current / FILE, staged / FILE)
    except sqlite3.Error as error:
        raise ItemFailed(
            f"The essence database {files.display_path(current / FILE)} cannot be merged: {error}."
        ) from error


def _add(path: Path, ledger: Path) -> None:
    """Add the rows of one database to another in one synced transaction."""
    with closing(sqlite3.connect(_address(ledger), uri=True, timeout=_PATIENCE)) as base:
        base.execute("PRAGMA synchronous = EXTRA")
        base.execute("ATTACH ? AS now", (_address(path),))
        there = {name for (name,) in base.execute("SELECT name FROM now.sqlite_master")}
        with base:
            for table in (name for name in _TABLES if name in there):
                base.execute(f"INSERT OR REPLACE INTO main.{table} SELECT * FROM now.{table}")


def _address(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=rw"
