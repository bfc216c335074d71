"""Answers that are kept, in a file that other look-ups may have tables in as well.

A row holds the address, the type and the content of an answer, and nothing of the request: neither
who asked nor a secret of theirs. A row that is damaged is as good as none.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path

import msgspec

from mediakeep.lookups.answers import MOST, Answer, Kept
from mediakeep.lookups.database import Database, Statement

ABSENT = 30 * 86400.0  # seconds for which "there is no such thing" is believed
SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    asked TEXT PRIMARY KEY, url TEXT NOT NULL, type TEXT NOT NULL, kept REAL NOT NULL,
    content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS absent (asked TEXT PRIMARY KEY, until REAL NOT NULL);
"""
_WRITE = "INSERT OR REPLACE INTO"
_FIND = "SELECT url, type, content FROM answers WHERE asked = ? AND kept > ? AND kept <= ?"


class Shelf:
    """Answers by the address that was asked; NoCache where none can be kept."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.database = Database(path, SCHEMA)
        self._clock = clock

    def find(self, asked: str, lifetime: float = inf) -> Answer | None:
        """Return the kept answer of an address, unless it is older than so many seconds."""
        now = self._clock()
        oldest, newest = (now - lifetime, now) if lifetime < inf else (-inf, inf)
        row = self.database.read(_FIND, asked, oldest, newest)
        try:
            url, kind, packed = row
            found = {"url": url, "type": kind, "content": _unpacked(packed)}
            return msgspec.convert(found, Answer)
        except (ValueError, TypeError, zlib.error):
            return None

    def is_absent(self, asked: str) -> bool:
        """Tell whether there was nothing under an address, not long ago."""
        now = self._clock()
        query = "SELECT 1 FROM absent WHERE asked = ? AND until > ? AND until <= ?"
        return bool(self.database.read(query, asked, now, now + ABSENT))

    def keep(self, asked: str, answer: Answer) -> None:
        """Keep an answer in place of what was kept before."""
        packed = zlib.compress(answer.content, 6)
        row = asked, answer.url, answer.type, self._clock(), packed
        absent = "DELETE FROM absent WHERE asked = ?", (asked,)
        self.database.write((f"{_WRITE} answers VALUES (?, ?, ?, ?, ?)", row), absent)

    def keep_absent(self, asked: str) -> None:
        """Keep for 30 days that there is nothing under an address."""
        row = asked, self._clock() + ABSENT
        self.database.write((f"{_WRITE} absent VALUES (?, ?)", row))

    def forget(self, asked: str) -> None:
        """Drop what is kept of an address, and of the one that it led to."""
        kept = self.find(asked)
        drops = [
            (f"DELETE FROM {table} WHERE asked IN (?, ?)", (asked, kept.url if kept else asked))
            for table in ("answers", "absent")
        ]
        self.database.write(*drops)


def expired(kept: Kept, now: float) -> Iterator[Statement]:
    """Make the statements that take all out of the file that is past its time."""
    yield "DELETE FROM absent WHERE until <= ?", (now,)
    for place, (text, seconds) in enumerate(kept):
        before = [other for other, _ in kept[:place]]
        others = " AND instr(asked, ?) = 0" * len(before)
        where = f"kept <= ? AND instr(asked, ?) > 0{others}"
        yield f"DELETE FROM answers WHERE {where}", (now - seconds, text, *before)


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(packed, MOST)
    if not unpacker.eof:
        raise zlib.error("it is cut off")
    return content
