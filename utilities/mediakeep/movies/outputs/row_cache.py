"""Cache the rows of the CSV tables, with the stat values of the records they were built from.

The cache is disposable: damaged rows are dropped, and without a writable file nothing is cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self
from zlib import crc32

import msgspec

from mediakeep.sqlite_file import DisposableSqlite

_CACHE_VERSION = 1  # increment if the rows of a record change
_SCHEMA = "CREATE TABLE rows (name TEXT PRIMARY KEY, row BLOB) WITHOUT ROWID"
_CHECKSUM_SIZE = 4  # bytes


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
        sealed = self._rows.get(name)
        if not isinstance(sealed, bytes) or sealed[:_CHECKSUM_SIZE] != _compute_checksum(
            name, sealed[_CHECKSUM_SIZE:]
        ):
            return None
        return _DECODER.decode(sealed[_CHECKSUM_SIZE:])

    def store(self, rows: Mapping[str, CachedRow]) -> None:
        """Store rows by output name in the cache, if there is space on the disk."""
        sealed_rows = [
            (name, _add_checksum(name, _ENCODER.encode(row))) for name, row in rows.items()
        ]
        with self._database.write_transaction() as base:
            if base:
                base.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", sealed_rows)


def _add_checksum(name: str, data: bytes) -> bytes:
    return _compute_checksum(name, data) + data


def _compute_checksum(name: str, data: bytes) -> bytes:
    """Return the checksum of a cached row, which also covers the name.

    It detects bit rot and rows under a wrong name.
    """
    return crc32(data, crc32(name.encode())).to_bytes(_CHECKSUM_SIZE)
