"""A SQLite cache of file contents, keyed by the stat identity of each file.

All entries of an artist are stored in one row, keyed by the artist's folder, and read together.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Collection
from operator import attrgetter
from pathlib import Path
from zlib import crc32

import msgspec

from mediakeep.media import pictures
from mediakeep.media.cabinet import Cabinet
from mediakeep.media.reading import Reading

_TABLES = """
CREATE TABLE drawer(folder TEXT PRIMARY KEY, cards BLOB NOT NULL, day INTEGER NOT NULL);
CREATE INDEX drawer_day ON drawer(day);
CREATE TABLE sweep(day INTEGER NOT NULL);
INSERT INTO sweep VALUES(0)
"""
# A flipped bit may turn the BLOB into TEXT that is not valid UTF-8.
_FIND = "SELECT CAST(cards AS BLOB), day < ? FROM drawer WHERE folder = ?"
_SWEEP = """
DELETE FROM drawer
WHERE folder IN (SELECT folder FROM drawer WHERE day < ? ORDER BY day LIMIT ?)
"""
_KEPT = 90  # days to keep a row after its folder was last seen
_RENEWED = 10  # days after which a row in use is touched
_SWEPT = 1_000  # rows deleted per day, at most
_SEAL = 4  # bytes

Key = tuple[int, int]  # device and inode of a folder
State = tuple[int, int, int, int, int]  # device, inode, size, times of content and of any change

# Identifies a file in its current state: changes with any change of the file.
state: Callable[[os.stat_result], State] = attrgetter(
    "st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns"
)


class Known(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The cached result of reading a file: tags and properties, an error reason, or a picture."""

    reading: Reading | None = None
    reason: str = ""
    cut: bool = False  # the file is truncated
    picture: pictures.Seen | None = None


class Card(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The cached result for one file in one state."""

    state: State
    suffix: str  # the result depends on it too, and hard links may have different ones
    known: Known
    essence: str = ""  # "" where unknown


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Card]).decode


class Cards:
    """The cache as used by one process; `today` is a day number since 1970."""

    def __init__(self, path: Path, stamp: int, today: int | None = None) -> None:
        self._cabinet = Cabinet(path, _TABLES, stamp)
        self._today = int(time.time() // 86_400) if today is None else today

    def find(self, folder: Key) -> dict[State, Card]:
        """Return the cached files of an artist's folder by stat identity."""
        name, sealed, old = _name(folder), b"", False
        with self._cabinet.reading() as base:
            if base and (row := base.execute(_FIND, (self._today - _RENEWED, name)).fetchone()):
                sealed, old = row
        if old:
            self._write("UPDATE drawer SET day = ? WHERE folder = ?", self._today, name)
        return {card.state: card for card in _unsealed(sealed or b"")}

    def keep(self, folder: Key, cards: Collection[Card]) -> None:
        """Replace the cached files of an artist's folder."""
        row = _name(folder), _sealed(_encode(cards)), self._today
        self._write("INSERT OR REPLACE INTO drawer VALUES(?, ?, ?)", *row)

    def close(self) -> None:
        self._cabinet.close()

    def _write(self, statement: str, *values: str | bytes | int) -> None:
        with self._cabinet.writing() as base:
            if base:
                base.execute(statement, values)
                self._sweep(base)

    def _sweep(self, base: sqlite3.Connection) -> None:
        """Once a day, delete rows of folders that no longer exist."""
        day = self._today
        if base.execute("UPDATE sweep SET day = ? WHERE day != ?", (day, day)).rowcount:
            base.execute(_SWEEP, (day - _KEPT, _SWEPT))


def _name(folder: Key) -> str:
    """Return the row key as text: unsigned 64-bit numbers do not fit into SQLite integers."""
    return "{}:{}".format(*folder)


def _sealed(written: bytes) -> bytes:
    """Prepend a CRC-32, which detects damage by a power loss or a bad disk."""
    return crc32(written).to_bytes(_SEAL) + written


def _unsealed(sealed: bytes) -> list[Card]:
    """Return the cached files, or [] if the row is damaged or not ours."""
    written = memoryview(sealed)[_SEAL:]
    if crc32(written).to_bytes(_SEAL) != sealed[:_SEAL]:
        return []
    try:
        return _decode(written)
    except msgspec.DecodeError:
        return []
