"""The state of the simulated YouTube in a SQLite file: records, counters, clock and quota."""

from __future__ import annotations

import sqlite3
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from mediakeep import atomic_files
from mediakeep_simulator.youtube.errors import YoutubeApiError
from mediakeep_simulator.youtube.model import (
    AccessToken,
    StoredResource,
    StoredVideo,
    UploadSession,
    YoutubeSettings,
)

UPLOADS = "uploads"  # the folder of incomplete uploads
USED = "used/"  # counters of the quota by day and bucket

_CLOCK = "clock"  # a counter of the seconds by which the clock was moved
_PACIFIC = ZoneInfo("America/Los_Angeles")
# units: developers.google.com/youtube/v3/determine_quota_cost
_COSTS = {"thumbnails.set": 50, "captions.list": 50, "captions.insert": 400}
_COSTS_BY_VERB = {"list": 1, "insert": 50, "update": 50}

_SCHEMA = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS records (number INTEGER PRIMARY KEY, kind, id, data, UNIQUE (kind, id));
CREATE TABLE IF NOT EXISTS counters (name PRIMARY KEY, value);
"""
Record = TypeVar("Record", AccessToken, UploadSession, StoredVideo, StoredResource)


class YoutubeState:
    """Stores records by kind and id, and counters by name; threads and processes may share it."""

    def __init__(self, settings: YoutubeSettings, folder: Path) -> None:
        atomic_files.make_folder(folder / UPLOADS)
        self.settings, self.folder, self.lock = settings, folder, threading.RLock()
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

    def now(self) -> float:
        """Return the time of the service, in seconds since 1970."""
        return time.time() + self.count(_CLOCK, 0)

    def advance(self, seconds: float) -> None:
        """Move the clock of the service."""
        self.count(_CLOCK, seconds)

    def charge(self, call: str) -> None:
        """Charge a call; raise YoutubeApiError if its bucket has too little left for the day."""
        settings = self.settings
        cost = settings.costs.get(call) or _COSTS.get(call) or _COSTS_BY_VERB[call.split(".")[1]]
        bucket, limit = "units", settings.units_per_day
        if call == "videos.insert" and settings.inserts_per_day:
            bucket, limit, cost = "inserts", settings.inserts_per_day, 1
        name = f"{USED}{pacific_day(self.now())}/{bucket}"
        with self.lock:
            if self.count(name, 0) + cost > limit:
                raise YoutubeApiError("quotaExceeded")
            self.count(name, cost)

    def _query(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.lock:
            return self._database.execute(query, values).fetchall()


def pacific_day(moment: float) -> str:
    """Return the day of the quota, such as 2026-11-24."""
    return datetime.fromtimestamp(moment, _PACIFIC).date().isoformat()
