"""A card index of files: a card tells what is known of one file in one state.

All cards of an artist lie in one drawer, which is found by the artist's folder and read whole.
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
# A bit that has changed may make a text of the bytes, and of no encoding.
_FIND = "SELECT CAST(cards AS BLOB), day < ? FROM drawer WHERE folder = ?"
_SWEEP = """
DELETE FROM drawer
WHERE folder IN (SELECT folder FROM drawer WHERE day < ? ORDER BY day LIMIT ?)
"""
_KEPT = 90  # days that a drawer is kept after its folder was last seen
_RENEWED = 10  # days after which it is noted that a folder is still there
_SWEPT = 1_000  # drawers thrown away in a day, at most
_SEAL = 4  # bytes

Key = tuple[int, int]  # device and inode of a folder
State = tuple[int, int, int, int, int]  # device, inode, size, times of content and of any change

# What tells a file in one state from all others, and from itself in any other state.
state: Callable[[os.stat_result], State] = attrgetter(
    "st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns"
)


class Known(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What reading a file gave: tags and facts, or why it has none, or a picture."""

    reading: Reading | None = None
    reason: str = ""
    cut: bool = False  # the reason is that its end is missing
    picture: pictures.Seen | None = None


class Card(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known of one file in one state."""

    state: State
    suffix: str  # on which the reading depends too, and hard links may have different ones
    known: Known
    essence: str = ""  # "" where unknown


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Card]).decode


class Cards:
    """The index as one process uses it; `today` counts days."""

    def __init__(self, path: Path, stamp: int, today: int | None = None) -> None:
        self._cabinet = Cabinet(path, _TABLES, stamp)
        self._today = int(time.time() // 86_400) if today is None else today

    def find(self, folder: Key) -> dict[State, Card]:
        """Return the cards of an artist's files, each under the state in which its file was."""
        name, sealed, old = _name(folder), b"", False
        with self._cabinet.reading() as base:
            if base and (row := base.execute(_FIND, (self._today - _RENEWED, name)).fetchone()):
                sealed, old = row
        if old:
            self._write("UPDATE drawer SET day = ? WHERE folder = ?", self._today, name)
        return {card.state: card for card in _unsealed(sealed or b"")}

    def keep(self, folder: Key, cards: Collection[Card]) -> None:
        """Write the cards of an artist's files, in place of those that there were."""
        row = _name(folder), _sealed(_encode(cards)), self._today
        self._write("INSERT OR REPLACE INTO drawer VALUES(?, ?, ?)", *row)

    def close(self) -> None:
        """Close the index."""
        self._cabinet.close()

    def _write(self, statement: str, *values: str | bytes | int) -> None:
        with self._cabinet.writing() as base:
            if base:
                base.execute(statement, values)
                self._sweep(base)

    def _sweep(self, base: sqlite3.Connection) -> None:
        """Once a day, throw away what is known of folders that have vanished."""
        day = self._today
        if base.execute("UPDATE sweep SET day = ? WHERE day != ?", (day, day)).rowcount:
            base.execute(_SWEEP, (day - _KEPT, _SWEPT))


def _name(folder: Key) -> str:
    """Name a drawer; numbers of 64 bits, as some file systems count, are too large for SQLite."""
    return "{}:{}".format(*folder)


def _sealed(written: bytes) -> bytes:
    """Put a checksum in front, which tells if a power loss or a bad disk has spoilt the rest."""
    return crc32(written).to_bytes(_SEAL) + written


def _unsealed(sealed: bytes) -> list[Card]:
    """Return the cards, none where they are spoilt or were written by who knows whom."""
    written = memoryview(sealed)[_SEAL:]
    if crc32(written).to_bytes(_SEAL) != sealed[:_SEAL]:
        return []
    try:
        return _decode(written)
    except msgspec.DecodeError:
        return []
