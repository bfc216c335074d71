"""Cache the rows of the CSV tables, with the stat values of the records they were built from.

The cache is disposable: damaged rows are dropped, and without a writable file nothing is cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import msgspec

from mediakeep.sqlite import row_checksum
from mediakeep.sqlite.disposable import DisposableSqlite

_CACHE_VERSION = 1  # increment if the rows of a record change
_SCHEMA = "CREATE TABLE rows (name TEXT PRIMARY KEY, row BLOB) WITHOUT ROWID"


class CachedRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The cached rows of a movie, with modification time and size of its record.

    `scan` is CSV text, and `failed` is cells as JSON.
    """

    mtime: int
    size: int
    scan: str
    failed: bytes = b""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(CachedRow)


class RowCache:
    """The cached CSV rows of all movies by output name; used by one process at a time."""

    def __init__(self, path: Path) -> None:
        self._database = DisposableSqlite(path, _SCHEMA, _CACHE_VERSION, application_id=0)
        self._rows: dict[str, object] = {}
        with self._database.read_transaction() as base:
            if base:
                self._rows = dict(base.execute("SELECT name, row FROM rows"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def get(self, name: str) -> CachedRow | None:
        """Return the cached rows of a movie, or None if they are missing or damaged."""
        row = self._rows.get(name)
        data = row_checksum.remove_checksum(row, name) if isinstance(row, bytes) else None
        return _DECODER.decode(data) if data else None

    def store(self, rows: Mapping[str, CachedRow]) -> None:
        """Store rows by output name in the cache, if there is space on the disk."""
        checked_rows = [
            (name, row_checksum.add_checksum(_ENCODER.encode(row), name))
            for name, row in rows.items()
        ]
        with self._database.write_transaction() as base:
            if base:
                base.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", checked_rows)
