"""Two ledgers of sounds made one: a restored one goes on with what was heard since."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from mediakeep import files
from mediakeep.errors import ItemFailed, StateDamaged
from mediakeep.media.ledger import FILE, Ledger

_TABLES = ("sound", "finding")
_PATIENCE = 60.0  # seconds to wait for whoever writes one


def join(current: Path, staged: Path) -> None:
    """Add the rows of a queue's ledger to those of a restored one; what it says now goes before.

    They tell of the library's files, which no restore changes. A damaged ledger adds nothing.
    Killed at any moment, all is added or nothing, and a second time adds the same.
    """
    if not (current / FILE).exists():
        return
    try:
        Ledger.open(current / FILE, write=False).close()  # whether it is whole, and of this format
        Ledger.open(staged / FILE, write=True).close()
    except StateDamaged:
        return
    try:
        _add(current / FILE, staged / FILE)
    except sqlite3.Error as error:
        raise ItemFailed(
            f"The ledger {files.display_path(current / FILE)} could not be used: {error}."
        ) from error


def _add(path: Path, ledger: Path) -> None:
    """Add the rows of one ledger to another, in one step that is synced."""
    with closing(sqlite3.connect(_address(ledger), uri=True, timeout=_PATIENCE)) as base:
        base.execute("PRAGMA synchronous = EXTRA")
        base.execute("ATTACH ? AS now", (_address(path),))
        there = {name for (name,) in base.execute("SELECT name FROM now.sqlite_master")}
        with base:
            for table in (name for name in _TABLES if name in there):
                base.execute(f"INSERT OR REPLACE INTO main.{table} SELECT * FROM now.{table}")


def _address(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=rw"
