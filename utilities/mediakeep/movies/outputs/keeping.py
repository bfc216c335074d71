"""The rows of the tables, kept with the state of the record that each was made of.

All of it can be made anew: what is damaged is dropped, and where nothing can be kept, nothing is.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from zlib import crc32

import msgspec

_VERSION = 1  # raised whenever rows come out differently
_TABLE = "CREATE TABLE IF NOT EXISTS rows (name TEXT PRIMARY KEY, row BLOB) WITHOUT ROWID"
_SEAL = 4  # bytes
_ENDS = ("", "-journal", "-wal", "-shm")


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A movie's rows, as CSV and as cells of JSON, and the time and size of their record."""

    mtime: int
    size: int
    scan: str
    failed: bytes = b""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Row)


class Kept:
    """The rows that are kept, by the names of the movies' outputs; one process has them at once."""

    def __init__(self, path: Path) -> None:
        try:
            self._base = _opened(path)
            self._known = dict(self._base.execute("SELECT name, row FROM rows"))
        except sqlite3.DatabaseError:
            for end in _ENDS:
                with contextlib.suppress(OSError):
                    path.with_name(path.name + end).unlink()
            self._known = {}
            try:
                self._base = _opened(path)
            except sqlite3.DatabaseError:
                self._base = _opened(Path(":memory:"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def row(self, name: str) -> Row | None:
        """Return what is kept of a movie; None where that is nothing, or damaged."""
        sealed = self._known.get(name)
        if not isinstance(sealed, bytes) or sealed[:_SEAL] != _seal(name, sealed[_SEAL:]):
            return None
        return _DECODER.decode(sealed[_SEAL:])

    def keep(self, rows: Mapping[str, Row]) -> None:
        """Keep rows for the next time, if there is room."""
        told = [(name, _sealed(name, _ENCODER.encode(row))) for name, row in rows.items()]
        with contextlib.suppress(sqlite3.DatabaseError), self._base:
            self._base.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", told)


def _sealed(name: str, data: bytes) -> bytes:
    return _seal(name, data) + data


def _seal(name: str, data: bytes) -> bytes:
    """Return what tells data from what a disk has spoilt, or given for other data."""
    return crc32(data, crc32(name.encode())).to_bytes(_SEAL)


def _opened(path: Path) -> sqlite3.Connection:
    """Open the file; sqlite3.DatabaseError where it is damaged, or of another version."""
    base = sqlite3.connect(path)
    try:
        (version,) = base.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError("another version")
        base.execute("PRAGMA synchronous = OFF")
        base.execute(_TABLE)
        base.execute(f"PRAGMA user_version = {_VERSION}")
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base
