"""The ledger of sounds: what each file sounded like when a deep scan first heard it.

An unforgettable record, which nothing can make anew: a SQLite file, synced with every artist, that
`sqlite3` shows. The first sound of a file is taken for the true one until a person accepts another.
Each artist's part is found by the artist's key, and in it a file by its place below the artist.
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

from mediakeep import files
from mediakeep.errors import ItemFailed, NewerFormat, StateDamaged

FILE = "essence.db"
FORMAT = 1

_OURS = 0x6D6B6573  # "mkes", the application id
_TABLES = """
CREATE TABLE sound(
  artist TEXT NOT NULL, place TEXT NOT NULL, essence TEXT NOT NULL, payload INTEGER NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL,
  PRIMARY KEY(artist, place)) WITHOUT ROWID;
CREATE TABLE finding(
  artist TEXT NOT NULL, place TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL, damage TEXT NOT NULL, change TEXT NOT NULL,
  PRIMARY KEY(artist, place)) WITHOUT ROWID
"""
_CURE = (
    "Nothing was changed. Put a backup of it there; without one, move it away: the next deep scan"
    " begins a new ledger."
)
_MOST = 2**63 - 1
_PATIENCE = 60.0  # seconds to wait for other workers
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class Sound(NamedTuple):
    """The true sound of a file: its hash and bytes; size and time of the file that had it last.

    The dates, such as "2026-11-21", are those of the first and the last deep scan that heard it.
    """

    essence: str
    payload: int
    size: int
    mtime_ns: int
    first: str
    last: str


class Finding(NamedTuple):
    """What the last deep scan found wrong with a file, and the state that the file was in."""

    size: int
    mtime_ns: int
    ctime_ns: int
    damage: str
    change: str

    def fits(self, facts: os.stat_result) -> bool:
        """Tell whether the file is still in that state."""
        return self[:3] == state(facts)


def state(facts: os.stat_result) -> tuple[int, int, int]:
    """Return size and times of a file; a time in nanoseconds that 63 bits do not hold is cut."""
    mtime_ns, ctime_ns = (
        min(max(time, -_MOST), _MOST) for time in (facts.st_mtime_ns, facts.st_ctime_ns)
    )
    return facts.st_size, mtime_ns, ctime_ns


class Entries(msgspec.Struct, frozen=True):
    """What a deep scan has to write of one artist, by place."""

    sounds: Mapping[str, Sound]
    left: Collection[str]  # places whose sound stands elsewhere now
    findings: Mapping[str, Finding]
    heard: Collection[str] = ()  # places of which older findings are over


class Ledger:
    """The ledger as one process uses it."""

    def __init__(self, path: Path, base: sqlite3.Connection | None) -> None:
        self._path, self._base = path, base
        self._identity = path.stat().st_ino if base else 0

    @classmethod
    def open(cls, path: Path, *, write: bool) -> Self:
        """Open a ledger, and make it if it is to be written; StateDamaged where it is damaged."""
        if not write and not path.exists():
            return cls(path, None)
        if write:
            files.make_folder(path.parent)
        with _translated(path):
            mode = "rwc" if write else "rw"
            uri = f"{path.absolute().as_uri()}?mode={mode}"
            base = sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)
            try:
                begun = _prepare(base, path, write=write)
            except BaseException:
                base.close()
                raise
        return cls(path, base if begun else None)

    def sounds(self, artist: str) -> dict[str, Sound]:
        """Return what is known of an artist's sounds, by place."""
        rows = self._rows("SELECT place, essence, payload, size, mtime_ns, first, last", artist)
        return {place: Sound._make(fields) for place, *fields in rows}

    def findings(self, artist: str) -> dict[str, Finding]:
        """Return what the last deep scan of an artist found wrong, by place."""
        rows = self._rows("SELECT place, size, mtime_ns, ctime_ns, damage, change", artist)
        return {place: Finding._make(fields) for place, *fields in rows}

    def record(self, artist: str, entries: Entries) -> None:
        """Write what a deep scan of an artist heard: all of it or nothing, and synced."""
        base = self._base
        assert base is not None
        if not self._path.exists() or self._path.stat().st_ino != self._identity:
            raise StateDamaged(
                f"The ledger {self._path} was taken away. Put it back, or run again."
            )
        with _translated(self._path), _transaction(base):
            for place in entries.left:
                base.execute("DELETE FROM sound WHERE artist = ? AND place = ?", (artist, place))
            base.executemany(
                "INSERT OR REPLACE INTO sound VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                ((artist, place, *sound) for place, sound in entries.sounds.items()),
            )
            for place in (*entries.left, *entries.heard):
                base.execute("DELETE FROM finding WHERE artist = ? AND place = ?", (artist, place))
            base.executemany(
                "INSERT OR REPLACE INTO finding VALUES(?, ?, ?, ?, ?, ?, ?)",
                ((artist, place, *found) for place, found in entries.findings.items()),
            )

    @contextlib.contextmanager
    def following(self, artist: str, place: str, path: Path) -> Iterator[None]:
        """Let what is known of a file outlast a change within a block that spares its sound.

        The change is made by then: where another program keeps the ledger busy, a deep scan has to
        find anew what is wrong with the file.
        """
        before = _there(path) if self._base else None
        yield
        now = _there(path) if before else None
        if self._base and before and now and state(before) != (after := state(now)):
            with contextlib.suppress(ItemFailed), _translated(self._path), _transaction(self._base):
                self._base.execute(
                    "UPDATE finding SET size = ?, mtime_ns = ?, ctime_ns = ? WHERE artist = ?"
                    " AND place = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ?",
                    (*after, artist, place, *state(before)),
                )
                self._base.execute(
                    "UPDATE sound SET size = ?, mtime_ns = ? WHERE artist = ? AND place = ?"
                    " AND size = ? AND mtime_ns = ?",
                    (*after[:2], artist, place, *state(before)[:2]),
                )

    def rename(self, names: Mapping[str, str]) -> None:
        """Let what is known of artists be that of their new keys: old key -> new key."""
        if self._base is None:
            return
        with _translated(self._path), _transaction(self._base):
            for table in ("sound", "finding"):
                self._base.executemany(
                    f"UPDATE OR REPLACE {table} SET artist = ? WHERE artist = ?",
                    [(new, old) for old, new in names.items()],
                )

    def close(self) -> None:
        """Close the ledger."""
        if self._base:
            self._base.close()

    def _rows(self, query: str, artist: str) -> list[tuple[Any, ...]]:
        if self._base is None:
            return []
        table = "sound" if "essence" in query else "finding"
        with _translated(self._path):
            rows = self._base.execute(f"{query} FROM {table} WHERE artist = ?", (artist,))
            return rows.fetchall()


def _there(path: Path) -> os.stat_result | None:
    """What the system says of a file; None where it is gone, of which others tell better."""
    try:
        return path.stat()
    except OSError:
        return None


def _prepare(base: sqlite3.Connection, path: Path, *, write: bool) -> bool:
    """Make the tables of a new ledger; refuse what is none, or damaged.

    Tell whether there are any: whoever began it may have been killed.
    """
    base.execute("PRAGMA synchronous = EXTRA")  # the folder too: a commit survives a power loss
    if write and not _tables(base):
        with _transaction(base):
            if not _tables(base):  # another worker may have been quicker
                for statement in _TABLES.split(";"):
                    base.execute(statement)
                base.execute(f"PRAGMA application_id = {_OURS}")
                base.execute(f"PRAGMA user_version = {FORMAT}")
    if not _tables(base):
        return False
    if _number(base, "application_id") != _OURS:
        raise StateDamaged(f"{path} is no ledger of mediakeep. {_CURE}")
    if (version := _number(base, "user_version")) > FORMAT:
        raise NewerFormat(path, version, FORMAT)
    if (told := base.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise StateDamaged(f"The ledger {path} is damaged: {told}. {_CURE}")
    return True


def _tables(base: sqlite3.Connection) -> bool:
    return base.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


def _number(base: sqlite3.Connection, name: str) -> int:
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
def _translated(path: Path) -> Iterator[None]:
    """Put what SQLite says into our own words."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        if code in _LOCKED:
            why = "another program holds it. Close that, then run again."
            raise ItemFailed(f"The ledger {path} could not be used: {why}") from error
        if code in _DAMAGED:
            raise StateDamaged(f"The ledger {path} is damaged: {error}. {_CURE}") from error
        raise ItemFailed(f"The ledger {path} could not be used: {error}.") from error
