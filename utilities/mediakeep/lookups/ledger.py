"""Base of the lookup stores: results and metadata in the file of the response cache."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep.lookups import shelf
from mediakeep.lookups.database import Database

T = TypeVar("T")

_SCHEMA = "CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"


class Ledger:
    """A lookup store in one SQLite file; raises NoCache if it cannot be written."""

    def __init__(self, path: Path, schema: str) -> None:
        self._base = Database(path, shelf.SCHEMA + schema + _SCHEMA)

    @property
    def notes(self) -> list[str]:
        """Messages about damage found in the file."""
        return self._base.notes

    def mark(self, name: str) -> str:
        """Return the metadata value of a name, or "" if unset."""
        row = self._base.read("SELECT value FROM marks WHERE name = ?", name)
        return str(row[0]) if row else ""

    def set_mark(self, name: str, value: str) -> None:
        """Set the metadata value of a name."""
        self._base.write(("INSERT OR REPLACE INTO marks VALUES (?, ?)", (name, value)))

    def drop(self) -> None:
        """Delete everything, including the cached responses."""
        self._base.write(*((f"DELETE FROM {table}", ()) for (table,) in self._base.rows(_TABLES)))

    def close(self) -> None:
        """Close the file."""
        self._base.close()


def packed(thing: object) -> bytes:
    """Encode an object for a row: compressed JSON."""
    return zlib.compress(msgspec.json.encode(thing), 6)


def unpacked(row: Sequence[Any], kind: type[T]) -> T | None:
    """Decode a row; return None if there is none, or it is damaged or of another version."""
    try:
        return msgspec.json.decode(zlib.decompress(row[0]), type=kind) if row else None
    except (zlib.error, TypeError, msgspec.DecodeError, UnicodeError):
        return None
