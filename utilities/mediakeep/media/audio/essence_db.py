"""The essence database: the audio hash of each file as the first deep scan computed it.

A durable SQLite file that cannot be rebuilt; it is synced after every artist and can be inspected
with `sqlite3`. The first hash of a file counts as the true one until the user accepts another. Rows
are keyed by the artist's key and the file's path relative to the artist's folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from mediakeep import atomic_files
from mediakeep.errors import ItemFailed, NewerFormat, StateDamaged

FILE_NAME = "essence.db"
FORMAT = 1

_APPLICATION_ID = 0x6D6B6573  # "mkes", the application id
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
_MAX_INT64 = 2**63 - 1
_LOCK_TIMEOUT = 60.0  # seconds to wait for other workers
_LOCK_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class KnownEssence(NamedTuple):
    """The true audio of a file: its hash and size; size and mtime of the file when last scanned.

    `first` and `last` are the dates of the first and last deep scan, such as "2026-11-21".
    """

    essence: str
    payload: int
    size: int
    mtime_ns: int
    first: str
    last: str


class DeepScanFinding(NamedTuple):
    """A problem that the last deep scan found in a file, and the state of the file then."""

    size: int
    mtime_ns: int
    ctime_ns: int
    damage: str
    change: str

    def matches(self, facts: os.stat_result) -> bool:
        """Return True if the file is still in that state."""
        return self[:3] == size_and_times(facts)


def size_and_times(facts: os.stat_result) -> tuple[int, int, int]:
    """Return size, mtime and ctime; times in nanoseconds are clipped to signed 64 bits."""
    mtime_ns, ctime_ns = (
        min(max(time, -_MAX_INT64), _MAX_INT64) for time in (facts.st_mtime_ns, facts.st_ctime_ns)
    )
    return facts.st_size, mtime_ns, ctime_ns


class DeepScanResult(msgspec.Struct, frozen=True):
    """The result of a deep scan of one artist; keys are relative paths."""

    essences: Mapping[str, KnownEssence]
    removed: Collection[str]  # paths whose audio has moved elsewhere
    findings: Mapping[str, DeepScanFinding]
    checked: Collection[str] = ()  # paths whose older findings are obsolete


class EssenceDatabase:
    """The essence database as used by one process."""

    def __init__(self, path: Path, base: sqlite3.Connection | None) -> None:
        self._path, self._connection = path, base
        self._identity = path.stat().st_ino if base else 0

    @classmethod
    def open(cls, path: Path, *, write: bool) -> Self:
        """Open the database, and create it if `write`; raise StateDamaged if it is damaged."""
        if not write and not path.exists():
            return cls(path, None)
        if write:
            atomic_files.make_folder(path.parent)
        with _translate_errors(path):
            mode = "rwc" if write else "rw"
            uri = f"{path.absolute().as_uri()}?mode={mode}"
            connection = sqlite3.connect(uri, uri=True, timeout=_LOCK_TIMEOUT, isolation_level=None)
            try:
                has_tables = _prepare_tables(connection, path, write=write)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection if has_tables else None)

    def load_essences(self, artist: str) -> dict[str, KnownEssence]:
        """Return the known essences of an artist by relative path."""
        rows = self._select_rows(
            "SELECT place, essence, payload, size, mtime_ns, first, last", artist
        )
        return {place: KnownEssence._make(fields) for place, *fields in rows}

    def load_findings(self, artist: str) -> dict[str, DeepScanFinding]:
        """Return the findings of the last deep scan of an artist by relative path."""
        rows = self._select_rows("SELECT place, size, mtime_ns, ctime_ns, damage, change", artist)
        return {place: DeepScanFinding._make(fields) for place, *fields in rows}

    def save_scan(self, artist: str, entries: DeepScanResult) -> None:
        """Save the result of a deep scan of an artist in one synced transaction."""
        base = self._connection
        assert base is not None
        if not self._path.exists() or self._path.stat().st_ino != self._identity:
            raise StateDamaged(
                f"The essence database {self._path} has disappeared. Restore it, or run again."
            )
        with _translate_errors(self._path), _transaction(base):
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
    def updating_after_write(self, artist: str, place: str, path: Path) -> Iterator[None]:
        """Keep the rows of a file valid across a change in a `with` block that keeps its audio.

        The rows are updated after the change: if another program locks the database, the next deep
        scan has to check the file again.
        """
        before = _stat_or_none(path) if self._connection else None
        yield
        now = _stat_or_none(path) if before else None
        if (
            self._connection
            and before
            and now
            and size_and_times(before) != (after := size_and_times(now))
        ):
            with (
                contextlib.suppress(ItemFailed),
                _translate_errors(self._path),
                _transaction(self._connection),
            ):
                self._connection.execute(
                    "UPDATE finding SET size = ?, mtime_ns = ?, ctime_ns = ? WHERE artist = ?"
                    " AND place = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ?",
                    (*after, artist, place, *size_and_times(before)),
                )
                self._connection.execute(
                    "UPDATE sound SET size = ?, mtime_ns = ? WHERE artist = ? AND place = ?"
                    " AND size = ? AND mtime_ns = ?",
                    (*after[:2], artist, place, *size_and_times(before)[:2]),
                )

    def rename_artists(self, names: Mapping[str, str]) -> None:
        """Move the rows of artists to their new keys; `names` maps old keys to new keys."""
        if self._connection is None:
            return
        with _translate_errors(self._path), _transaction(self._connection):
            for table in ("sound", "finding"):
                self._connection.executemany(
                    f"UPDATE OR REPLACE {table} SET artist = ? WHERE artist = ?",
                    [(new, old) for old, new in names.items()],
                )

    def close(self) -> None:
        if self._connection:
            self._connection.close()

    def _select_rows(self, query: str, artist: str) -> list[tuple[Any, ...]]:
        if self._connection is None:
            return []
        table = "sound" if "essence" in query else "finding"
        with _translate_errors(self._path):
            rows = self._connection.execute(f"{query} FROM {table} WHERE artist = ?", (artist,))
            return rows.fetchall()


def _stat_or_none(path: Path) -> os.stat_result | None:
    """Return the stat result of a file, or None if it is gone, which is reported elsewhere."""
    try:
        return path.stat()
    except OSError:
        return None


def _prepare_tables(base: sqlite3.Connection, path: Path, *, write: bool) -> bool:
    """Create the tables of a new database; raise StateDamaged for a foreign or damaged one.

    Return False if there are no tables: the process that created the file may have been killed.
    """
    base.execute("PRAGMA synchronous = EXTRA")  # syncs the folder too: commits survive a power loss
    if write and not _has_tables(base):
        with _transaction(base):
            if not _has_tables(base):  # another worker may have been faster
                for statement in _SCHEMA.split(";"):
                    base.execute(statement)
                base.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                base.execute(f"PRAGMA user_version = {FORMAT}")
    if not _has_tables(base):
        return False
    if _read_pragma(base, "application_id") != _APPLICATION_ID:
        raise StateDamaged(f"{path} is not an essence database of mediakeep. {_FIX_HINT}")
    if (version := _read_pragma(base, "user_version")) > FORMAT:
        raise NewerFormat(path, version, FORMAT)
    if (problem := base.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise StateDamaged(f"The essence database {path} is damaged: {problem}. {_FIX_HINT}")
    return True


def _has_tables(base: sqlite3.Connection) -> bool:
    return base.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


def _read_pragma(base: sqlite3.Connection, name: str) -> int:
    return int(base.execute(f"PRAGMA {name}").fetchone()[0])


@contextlib.contextmanager
def _transaction(base: sqlite3.Connection) -> Iterator[None]:
    base.execute("BEGIN IMMEDIATE")
    try:
        yield
        base.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            base.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    """Convert SQLite errors into errors of mediakeep."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        if code in _LOCK_CODES:
            why = "another program has locked it. Close that program, then run again."
            raise ItemFailed(f"Cannot use the essence database {path}: {why}") from error
        if code in _DAMAGE_CODES:
            raise StateDamaged(
                f"The essence database {path} is damaged: {error}. {_FIX_HINT}"
            ) from error
        raise ItemFailed(f"Cannot use the essence database {path}: {error}.") from error
