"""A SQLite file that holds nothing of its own: it may be deleted at any time, even while in use.

No trouble with it is ever an error. One that is damaged, or none of ours, is set aside and made
anew; one that stays locked or cannot be written is done without for a while. Nothing in it is
synced, so its rows must tell by themselves whether a power loss spoilt them, unless the file has a
clean mark.

It is no WAL database on purpose: a deleted one that is still open would share its log with the new
one of the same name.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from mediakeep import clean_flag, files
from mediakeep.clean_flag import Torn

ASIDE = ".aside"  # behind the name of a file that was none of ours, or damaged
_OURS = 0x6D6B6664  # "mkfd", the application id
_PATIENCE = 5.0
_READ = "BEGIN"
_PAUSE = 60.0  # seconds to do without a file that gave trouble
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class Foreign(sqlite3.DatabaseError):
    """The file belongs to another program."""


class Cabinet:
    """A deletable SQLite file as one process uses it.

    `stamp` is the version of what is in it; `patience` are the seconds to wait for another process,
    if not the usual ones. One that is `marked` has a clean mark: without it, it is removed and made
    anew.
    """

    def __init__(
        self, path: Path, tables: str, stamp: int, patience: float = 0.0, *, marked: bool = False
    ) -> None:
        self._path, self._tables, self._stamp = path, tables, stamp
        self._patience, self._marked = patience or _PATIENCE, marked
        self._written = False  # whether the mark is to be set when the file is closed
        self._base: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._closed_until = 0.0  # of the monotonic clock

    def reading(self) -> AbstractContextManager[sqlite3.Connection | None]:
        """Give the open file for a `with` block, which trouble ends early; None to do without."""
        return self._transaction(_READ)

    def writing(self) -> AbstractContextManager[sqlite3.Connection | None]:
        """Like `reading`; what is written is kept whole or not at all."""
        return self._transaction("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Close the file, if it is open; one that was written gets its mark again."""
        if self._base and self._identity and self._written:
            clean_flag.mark_clean(self._base, self._identity)
        self._drop()

    def _drop(self) -> None:
        if self._base:
            with contextlib.suppress(sqlite3.Error):
                self._base.close()
        self._base, self._written = None, False

    @contextlib.contextmanager
    def _transaction(self, how: str) -> Iterator[sqlite3.Connection | None]:
        base = self._begun(how)
        try:
            yield base
            if base:
                base.execute("COMMIT")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            self._give_up(error)
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if base:
                    base.execute("ROLLBACK")
            raise

    def _begun(self, how: str) -> sqlite3.Connection | None:
        """Begin a transaction, unless another version of mediakeep has taken the file for itself.

        That is asked within the transaction: it cannot happen between the answer and the end.
        """
        for _ in range(2):  # once more where a torn file made way for a new one
            try:
                if base := self._opened():
                    self._start(base, how)
                    if _version(base) == self._stamp:
                        return base
                    base.execute("ROLLBACK")
                return None
            except Torn as error:
                self._give_up(error)
            except (sqlite3.Error, UnicodeDecodeError) as error:
                self._give_up(error)
                return None
        return None

    def _start(self, base: sqlite3.Connection, how: str) -> None:
        """Start a transaction; of a marked file the mark is cleared first if it is to write."""
        base.execute(how)
        while self._marked and self._identity and _version(base) == self._stamp:
            is_set = clean_flag.is_clean(base, self._identity)
            self._written |= how != _READ
            if not is_set or how == _READ:
                return
            base.execute("ROLLBACK")
            clean_flag.mark_dirty(base, self._identity)
            base.execute(how)

    def _opened(self) -> sqlite3.Connection | None:
        """Return the file that stands there now; one that was deleted meanwhile is let go."""
        if time.monotonic() < self._closed_until:
            return None
        if self._base and self._identity != _identity(self._path):
            self._drop()
        if self._base is None:
            self._open()
        return self._base

    def _open(self) -> None:
        for _ in range(2):  # once more where the first was set aside
            try:
                files.make_folder(self._path.parent)
                self._base = sqlite3.connect(
                    self._path, timeout=self._patience, isolation_level=None
                )
                self._identity = _identity(self._path)
                self._prepare(self._base)
                return
            except (sqlite3.Error, OSError) as error:
                if not self._give_up(error):
                    return

    def _prepare(self, base: sqlite3.Connection) -> None:
        if _tables(base) and not _is_ours(base):  # in this order: another process may make it now
            raise Foreign("a database of another program")
        base.execute("PRAGMA synchronous = OFF")
        if self._marked and _tables(base) and _version(base) != self._stamp:
            raise Torn("it is of another version, and nobody knows whether it is whole")
        if _version(base) != self._stamp or not _is_ours(base):
            base.execute("BEGIN IMMEDIATE")
            with base:
                if _version(base) != self._stamp or not _is_ours(base):
                    self._make_anew(base)

    def _make_anew(self, base: sqlite3.Connection) -> None:
        for name in _tables(base):
            base.execute(f'DROP TABLE "{name}"')
        for statement in self._tables.split(";"):
            base.execute(statement)
        if self._marked and self._identity:
            clean_flag.begin(base, self._identity)
        base.execute(f"PRAGMA application_id = {_OURS}")
        base.execute(f"PRAGMA user_version = {self._stamp}")

    def _give_up(self, error: sqlite3.Error | OSError | UnicodeDecodeError) -> bool:
        """Do without the file for a while; or make way for a new one, and tell so."""
        self._drop()
        if isinstance(error, Torn):
            self._remove()
            return True
        if _is_damage(error):
            self._set_aside()
            return True
        self._closed_until = time.monotonic() + _PAUSE
        return False

    def _remove(self) -> None:
        """Remove the file, unless another process has done so already."""
        with contextlib.suppress(OSError):
            if _identity(self._path) == self._identity:
                self._path.unlink()
                Path(f"{self._path}-journal").unlink(missing_ok=True)

    def _set_aside(self) -> None:
        """Rename the file, unless another process has done so already; one is kept at most."""
        with contextlib.suppress(OSError):
            if _identity(self._path) == self._identity:
                os.replace(self._path, f"{self._path}{ASIDE}")  # noqa: PTH105
                Path(f"{self._path}-journal").unlink(missing_ok=True)


def _is_damage(error: Exception) -> bool:
    """Tell whether a file is no use any more, and not only just now."""
    if isinstance(error, Foreign | UnicodeDecodeError):  # the latter of a text in it, or about it
        return True
    if isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode"):
        return True  # Python's own word for the same
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)  # noqa: PTH116 (for each artist, and in half the time of Path.stat)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _version(base: sqlite3.Connection) -> int:
    return int(base.execute("PRAGMA user_version").fetchone()[0])


def _is_ours(base: sqlite3.Connection) -> bool:
    return int(base.execute("PRAGMA application_id").fetchone()[0]) == _OURS


def _tables(base: sqlite3.Connection) -> list[str]:
    rows = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in rows]
