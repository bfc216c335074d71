"""The database of each file's audio hash ("essence") as the first deep scan computed it.

A deep scan hashes and decodes the audio of whole files. The database is a durable SQLite file that
cannot be rebuilt; it is synced after every artist and can be inspected with `sqlite3`. The first
hash of a file counts as the true one until the user accepts another. Rows are keyed by the artist's
key and the file's path relative to the artist's folder.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from mediakeep import home_rpc
from mediakeep.errors import ItemFailed
from mediakeep.home_rpc import RemoteObject
from mediakeep.sqlite import durable
from mediakeep.sqlite.durable import DurableFormat, DurableSqlite

FILE_NAME = "essence.db"
FORMAT = 1

_SCHEMA = """
CREATE TABLE sound(
  artist TEXT NOT NULL, place TEXT NOT NULL, essence TEXT NOT NULL, payload INTEGER NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL,
  PRIMARY KEY(artist, place)) WITHOUT ROWID;
CREATE TABLE finding(
  artist TEXT NOT NULL, place TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL, damage TEXT NOT NULL, change TEXT NOT NULL,
  PRIMARY KEY(artist, place)) WITHOUT ROWID
"""
_FIX_HINT = (
    "Nothing was changed. Restore a backup; without one, move the file away: the next deep scan"
    " creates a new database."
)
_FORMAT = DurableFormat(
    name="essence database",
    schema=_SCHEMA,
    application_id=0x6D6B6573,  # "mkes"
    version=FORMAT,
    fix_hint=_FIX_HINT,
)
_MAX_INT64 = 2**63 - 1


class KnownEssence(NamedTuple):
    """What the database knows of a file's audio: its hash and its size in bytes.

    `payload` is the size of the audio; `size` and `mtime_ns` are those of the whole file when it
    was last scanned. `first` and `last` are the dates of the first and last deep scan, such as
    "2026-11-21".
    """

    essence: str
    payload: int
    size: int
    mtime_ns: int
    first: str
    last: str


class DeepScanFinding(NamedTuple):
    """A problem that a deep scan found in a file, with the file's size and times at that time.

    `damage` describes damage of the audio, `change` a changed audio hash; "" if there is none.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    damage: str
    change: str

    def matches(self, facts: os.stat_result) -> bool:
        """Return True if the file still has the size and times of the deep scan."""
        return self[:3] == size_and_times(facts)


def size_and_times(facts: os.stat_result) -> tuple[int, int, int]:
    """Return size in bytes, mtime and ctime in nanoseconds; times are clipped to signed 64 bits."""
    mtime_ns, ctime_ns = (
        min(max(time, -_MAX_INT64), _MAX_INT64) for time in (facts.st_mtime_ns, facts.st_ctime_ns)
    )
    return facts.st_size, mtime_ns, ctime_ns


class DeepScanResult(msgspec.Struct, frozen=True):
    """The result of a deep scan of one artist.

    All keys are file paths relative to the artist's folder.
    """

    essences: Mapping[str, KnownEssence]
    removed: Collection[str]  # paths whose audio has moved elsewhere
    findings: Mapping[str, DeepScanFinding]
    checked: Collection[str] = ()  # paths whose older findings are obsolete


class EssenceDatabase:
    """One process's connection to the database of audio hashes."""

    def __init__(self, database: DurableSqlite | None) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path, *, write: bool) -> Self:
        """Open the database, and create it if `write`; raise StateDamaged if it is damaged."""
        return cls(durable.open_durable(path, _FORMAT, write=write))

    @staticmethod
    def open_for_worker(path: Path, *, write: bool) -> EssenceDatabase:
        """Open the database for a worker, which may be on another host."""
        remote = home_rpc.build_remote_object(EssenceDatabase.open, path, write=write)
        return _RemoteDatabase(remote) if remote else EssenceDatabase.open(path, write=write)

    def load_essences(self, artist: str) -> dict[str, KnownEssence]:
        """Return the known audio hashes of an artist's files by relative path."""
        rows = self._select_rows(
            "SELECT place, essence, payload, size, mtime_ns, first, last", artist
        )
        return {place: KnownEssence._make(fields) for place, *fields in rows}

    def load_findings(self, artist: str) -> dict[str, DeepScanFinding]:
        """Return the problems that the last deep scan of an artist found, by relative path."""
        rows = self._select_rows("SELECT place, size, mtime_ns, ctime_ns, damage, change", artist)
        return {place: DeepScanFinding._make(fields) for place, *fields in rows}

    def save_scan(self, artist: str, entries: DeepScanResult) -> None:
        """Save the result of a deep scan of an artist in one synced transaction."""
        assert self._database is not None
        self._database.check_in_place()
        with self._database.transaction() as base:
            for place in entries.removed:
                base.execute("DELETE FROM sound WHERE artist = ? AND place = ?", (artist, place))
            base.executemany(
                "INSERT OR REPLACE INTO sound VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                ((artist, place, *sound) for place, sound in entries.essences.items()),
            )
            for place in (*entries.removed, *entries.checked):
                base.execute("DELETE FROM finding WHERE artist = ? AND place = ?", (artist, place))
            base.executemany(
                "INSERT OR REPLACE INTO finding VALUES(?, ?, ?, ?, ?, ?, ?)",
                ((artist, place, *finding) for place, finding in entries.findings.items()),
            )

    @contextlib.contextmanager
    def keep_rows_valid_across_write(
        self, artist: str, relative_path: str, path: Path
    ) -> Iterator[None]:
        """Keep the rows of a file valid when a `with` block rewrites its tags but not its audio.

        The rows are updated after the block. If another program locks the database then, the next
        deep scan has to check the file again.
        """
        before = _stat_or_none(path)
        yield
        now = _stat_or_none(path) if before else None
        if before and now and (old := size_and_times(before)) != (new := size_and_times(now)):
            self.update_rows(artist, relative_path, old, new)

    def update_rows(
        self, artist: str, relative_path: str, old: tuple[int, int, int], new: tuple[int, int, int]
    ) -> None:
        """Store the new size and times of a file in its rows that have the old ones, if possible.

        Both are as `size_and_times` returns them.
        """
        if self._database is None:
            return
        with contextlib.suppress(ItemFailed), self._database.transaction() as base:
            base.execute(
                "UPDATE finding SET size = ?, mtime_ns = ?, ctime_ns = ? WHERE artist = ?"
                " AND place = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ?",
                (*new, artist, relative_path, *old),
            )
            base.execute(
                "UPDATE sound SET size = ?, mtime_ns = ? WHERE artist = ? AND place = ?"
                " AND size = ? AND mtime_ns = ?",
                (*new[:2], artist, relative_path, *old[:2]),
            )

    def rename_artists(self, names: Mapping[str, str]) -> None:
        """Move the rows of artists to their new keys; `names` maps old keys to new keys."""
        if self._database is None:
            return
        with self._database.transaction() as base:
            for table in ("sound", "finding"):
                base.executemany(
                    f"UPDATE OR REPLACE {table} SET artist = ? WHERE artist = ?",
                    [(new, old) for old, new in names.items()],
                )

    def close(self) -> None:
        if self._database:
            self._database.close()

    def _select_rows(self, query: str, artist: str) -> list[tuple[Any, ...]]:
        if self._database is None:
            return []
        table = "sound" if "essence" in query else "finding"
        with self._database.reading() as base:
            return base.execute(f"{query} FROM {table} WHERE artist = ?", (artist,)).fetchall()


class _RemoteDatabase(EssenceDatabase):
    """The database on the host of the queue, as a worker on another host uses it."""

    def __init__(self, remote: RemoteObject) -> None:
        super().__init__(None)
        self._remote = remote

    def load_essences(self, artist: str) -> dict[str, KnownEssence]:
        return self._remote.call(EssenceDatabase.load_essences, artist)

    def load_findings(self, artist: str) -> dict[str, DeepScanFinding]:
        return self._remote.call(EssenceDatabase.load_findings, artist)

    def save_scan(self, artist: str, entries: DeepScanResult) -> None:
        self._remote.call(EssenceDatabase.save_scan, artist, entries)

    def update_rows(
        self, artist: str, relative_path: str, old: tuple[int, int, int], new: tuple[int, int, int]
    ) -> None:
        self._remote.call(EssenceDatabase.update_rows, artist, relative_path, old, new)


def _stat_or_none(path: Path) -> os.stat_result | None:
    """Return the stat result of a file, or None if the file no longer exists."""
    try:
        return path.stat()
    except OSError:
        return None
