"""Base class for stores of lookup results, in the SQLite file of the response cache."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep.lookups.http import response_cache
from mediakeep.sqlite.sqlite_cache import SqliteCache

T = TypeVar("T")

_META_SCHEMA = "CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
_SELECT_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"


class LookupStore:
    """Lookup results and metadata in a SQLite file.

    Methods raise NoCache if the file cannot be read or written.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self._file = SqliteCache(path, response_cache.SCHEMA + schema + _META_SCHEMA)

    @property
    def damage_notes(self) -> list[str]:
        """Messages about damage that was found in the SQLite file."""
        return self._file.damage_notes

    def get_meta(self, name: str) -> str:
        """Return the metadata text stored under a name, or "" if there is none."""
        row = self._file.query_row("SELECT value FROM marks WHERE name = ?", name)
        return str(row[0]) if row else ""

    def set_meta(self, name: str, value: str) -> None:
        """Store a metadata text under a name, replacing an earlier one."""
        self._file.execute_all(("INSERT OR REPLACE INTO marks VALUES (?, ?)", (name, value)))

    def clear(self) -> None:
        """Delete all lookup results, metadata and cached responses."""
        self._file.execute_all(
            *((f"DELETE FROM {table}", ()) for (table,) in self._file.query_rows(_SELECT_TABLES))
        )

    def close(self) -> None:
        """Close the SQLite file."""
        self._file.close()


def encode_compressed(value: object) -> bytes:
    """Encode an object as compressed JSON, to be stored in a row of a lookup store."""
    return zlib.compress(msgspec.json.encode(value), 6)


def decode_compressed(row: Sequence[Any], kind: type[T]) -> T | None:
    """Decode the first column of a row that holds an object encoded by `pack`.

    Return None if the row is empty, damaged, or from another version of mediakeep.
    """
    try:
        return msgspec.json.decode(zlib.decompress(row[0]), type=kind) if row else None
    except (zlib.error, TypeError, msgspec.DecodeError, UnicodeError):
        return None
