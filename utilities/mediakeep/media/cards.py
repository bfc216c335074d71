"""A card index of files: what is known of each in one state, found by device and inode."""

from __future__ import annotations

import os
import sqlite3
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from mediakeep.media.cabinet import Cabinet

_TABLES = """
CREATE TABLE file(
  device INTEGER NOT NULL, inode INTEGER NOT NULL, suffix TEXT NOT NULL, size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, reading BLOB NOT NULL,
  essence TEXT NOT NULL, checksum INTEGER NOT NULL, day INTEGER NOT NULL,
  PRIMARY KEY(device, inode));
CREATE INDEX file_day ON file(day);
CREATE TABLE sweep(day INTEGER NOT NULL);
INSERT INTO sweep VALUES(0)
"""
_AT_ONCE = 512  # cards asked for in one query: older SQLite takes 999 values
_KEPT = 90  # days that a card is kept after its file was last seen
_RENEWED = 10  # days after which it is noted that a file is still there
_SWEPT = 20_000  # cards thrown away in a day, at most
_DAY = itemgetter(-1)  # of a card: its last field
_HALF = 2**63

Key = tuple[int, int]  # device and inode
State = tuple[int, int, int]  # size, times of the content and of any change


class Card(NamedTuple):
    """What is known of one file in one state."""

    device: int
    inode: int
    suffix: str  # on which the reading depends too, and hard links may have different ones
    size: int
    mtime_ns: int
    ctime_ns: int
    reading: bytes
    essence: str = ""  # "" where unknown
    checksum: int = 0
    day: int = 0  # when the file was last seen

    @property
    def state(self) -> State:
        """What tells this state of the file from all others."""
        return self[3:6]


def key(facts: os.stat_result) -> Key:
    """Return what a file's card is found by."""
    device, inode = facts.st_dev, facts.st_ino
    if device < _HALF and inode < _HALF:
        return device, inode
    return _signed(device), _signed(inode)


def state(facts: os.stat_result) -> State:
    """Return what tells one state of a file from all others."""
    mtime_ns, ctime_ns = facts.st_mtime_ns, facts.st_ctime_ns
    if -_HALF <= mtime_ns < _HALF and -_HALF <= ctime_ns < _HALF:
        return facts.st_size, mtime_ns, ctime_ns
    return facts.st_size, _signed(mtime_ns), _signed(ctime_ns)


def write(suffix: str, facts: os.stat_result, reading: bytes) -> Card:
    """Make the card of a file in its present state."""
    return Card._make((*key(facts), suffix, *state(facts), reading, "", 0, 0))


class Cards:
    """The index as one process uses it; `today` counts days."""

    def __init__(self, path: Path, stamp: int, today: int | None = None) -> None:
        self._cabinet = Cabinet(path, _TABLES, stamp)
        self._today = int(time.time() // 86_400) if today is None else today
        self._ageing: list[Key] = []

    def find(self, keys: Iterable[Key]) -> dict[Key, Card]:
        """Return the cards of these files, in whatever state the files were; some may be spoilt."""
        found: dict[Key, Card] = {}
        with self._cabinet.reading() as base:
            for device, inodes in _by_device(keys) if base else ():
                assert base
                for start in range(0, len(inodes), _AT_ONCE):
                    found.update(_select(base, device, inodes[start : start + _AT_ONCE]))
        edge = self._today - _RENEWED
        oldest = min(map(_DAY, found.values()), default=edge)
        self._ageing = [] if oldest >= edge else [one for one in found if found[one].day < edge]
        return found

    def keep(self, cards: Collection[Card]) -> None:
        """Write cards, in one transaction; now and then those of vanished files are thrown away."""
        if not cards and not self._ageing:
            return
        with self._cabinet.writing() as base:
            if base:
                base.executemany(
                    "INSERT OR REPLACE INTO file VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (card._replace(checksum=_sum(card), day=self._today) for card in cards),
                )
                base.executemany(
                    "UPDATE file SET day = ? WHERE device = ? AND inode = ?",
                    ((self._today, *key) for key in self._ageing),
                )
                self._sweep(base)
        self._ageing = []

    def close(self) -> None:
        """Close the index."""
        self._cabinet.close()

    def _sweep(self, base: sqlite3.Connection) -> None:
        if base.execute("SELECT day FROM sweep").fetchone()[0] != self._today:
            base.execute("UPDATE sweep SET day = ?", (self._today,))
            base.execute(
                "DELETE FROM file WHERE rowid IN"
                " (SELECT rowid FROM file WHERE day < ? ORDER BY day LIMIT ?)",
                (self._today - _KEPT, _SWEPT),
            )


def _by_device(keys: Iterable[Key]) -> Iterator[tuple[int, list[int]]]:
    devices: dict[int, list[int]] = defaultdict(list)
    for device, inode in keys:
        devices[device].append(inode)
    yield from devices.items()


def _select(base: sqlite3.Connection, device: int, inodes: list[int]) -> dict[Key, Card]:
    # Few different numbers of values, so that nearly every query is one that is known already.
    places = 1 << (len(inodes) - 1).bit_length()
    rows = base.execute(
        "SELECT device, inode, suffix, size, mtime_ns, ctime_ns, reading, essence, checksum, day"
        f" FROM file WHERE device = ? AND inode IN ({','.join('?' * places)})",
        (device, *inodes, *inodes[:1] * (places - len(inodes))),
    )
    return {row[:2]: Card._make(row) for row in rows}


def is_sound(card: Card) -> bool:
    """Tell whether a card is as it was written; a power loss or a bad disk may have spoilt it."""
    return card.checksum == _sum(card)


def _sum(card: Card) -> int:
    numbers = card.device ^ card.inode ^ card.size ^ card.mtime_ns ^ card.ctime_ns
    return crc32(card.essence.encode(), crc32(card.reading, numbers & 0xFFFFFFFF))


def _signed(number: int) -> int:
    """Fit a number into 64 bits with a sign, as SQLite has them; some inodes use them all."""
    return (number + _HALF) % (2 * _HALF) - _HALF
