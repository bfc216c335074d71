"""The state of the simulated YouTube: records and counters in a SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep import atomic_files
from mediakeep_simulator.youtube.model import (
    AccessToken,
    StoredResource,
    StoredVideo,
    UploadSession,
)

UPLOADS = "uploads"  # the folder of incomplete uploads

_SCHEMA = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS records (number INTEGER PRIMARY KEY, kind, id, data, UNIQUE (kind, id));
CREATE TABLE IF NOT EXISTS counters (name PRIMARY KEY, value);
"""
Record = TypeVar("Record", AccessToken, UploadSession, StoredVideo, StoredResource)


class YoutubeState:
    """Stores records by kind and id, and counters by name; threads and processes may share it."""

    def __init__(self, folder: Path) -> None:
        atomic_files.make_folder(folder / UPLOADS)
        self.folder, self.lock = folder, threading.RLock()
        path = folder / "youtube.db"
        self._database = sqlite3.connect(path, 30, isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)

    def find(self, kind: type[Record], record_id: str) -> Record | None:
        """Return a record, or None."""
        rows = self._query(
            "SELECT data FROM records WHERE kind = ? AND id = ?", kind.__name__, record_id
        )
        return msgspec.json.decode(rows[0][0], type=kind) if rows else None

    def list_all(self, kind: type[Record]) -> list[Record]:
        """Return all records of a kind, the oldest first."""
        rows = self._query("SELECT data FROM records WHERE kind = ? ORDER BY number", kind.__name__)
        return [msgspec.json.decode(data, type=kind) for (data,) in rows]

    def save(self, record: Record) -> None:
        """Add or replace a record."""
        self._query(
            "INSERT INTO records (kind, id, data) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data",
            *(type(record).__name__, record.id, msgspec.json.encode(record)),
        )

    def count(self, name: str, amount: float = 1) -> float:
        """Add to a counter and return its value."""
        rows = self._query(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name)"
            " DO UPDATE SET value = value + excluded.value RETURNING value",
            *(name, amount),
        )
        return float(rows[0][0])

    def read_counters(self, prefix: str) -> dict[str, float]:
        """Return the counters whose names begin with a prefix, without it."""
        rows = self._query("SELECT name, value FROM counters ORDER BY name")
        return {n.removeprefix(prefix): value for n, value in rows if n.startswith(prefix)}

    def _query(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.lock:
            return self._database.execute(query, values).fetchall()
