"""Cache of responses, in a SQLite file that also contains the tables of a lookup store.

A row holds URL, content type and content of a response, and nothing of the request, such as the
contact or a secret. Damaged rows are ignored.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path

import msgspec

from mediakeep.lookups.http.models import MAX_RESPONSE_BYTES, CacheLifetimes, ServiceResponse
from mediakeep.sqlite.sqlite_cache import SqliteCache, Statement

NOT_FOUND_LIFETIME = 30 * 86400.0  # seconds for which a 404 is cached
SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    asked TEXT PRIMARY KEY, url TEXT NOT NULL, type TEXT NOT NULL, kept REAL NOT NULL,
    content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS absent (asked TEXT PRIMARY KEY, until REAL NOT NULL);
"""
_REPLACE = "INSERT OR REPLACE INTO"
_SELECT_RESPONSE = (
    "SELECT url, type, content FROM answers WHERE asked = ? AND kept > ? AND kept <= ?"
)


class ResponseCache:
    """Cache of HTTP responses by URL.

    Methods raise NoCache if the file cannot be read or written.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.file = SqliteCache(path, SCHEMA)
        self._clock = clock

    def find_response(self, url: str, lifetime: float = inf) -> ServiceResponse | None:
        """Return the cached response to a URL, or None if there is none.

        A response older than `lifetime` seconds is ignored.
        """
        now = self._clock()
        oldest, newest = (now - lifetime, now) if lifetime < inf else (-inf, inf)
        row = self.file.query_row(_SELECT_RESPONSE, url, oldest, newest)
        try:
            location, kind, packed = row
            fields = {"url": location, "type": kind, "content": _decompress(packed)}
            return msgspec.convert(fields, ServiceResponse)
        except (ValueError, TypeError, zlib.error):
            return None

    def is_not_found(self, url: str) -> bool:
        """Return whether an earlier 404 response to a URL is cached."""
        now = self._clock()
        query = "SELECT 1 FROM absent WHERE asked = ? AND until > ? AND until <= ?"
        return bool(self.file.query_row(query, url, now, now + NOT_FOUND_LIFETIME))

    def store(self, url: str, response: ServiceResponse) -> None:
        """Store the response to a URL, replacing an earlier one."""
        packed = zlib.compress(response.content, 6)
        row = url, response.url, response.type, self._clock(), packed
        absent = "DELETE FROM absent WHERE asked = ?", (url,)
        self.file.execute_all((f"{_REPLACE} answers VALUES (?, ?, ?, ?, ?)", row), absent)

    def store_not_found(self, url: str) -> None:
        """Record that a URL returned 404; the record expires after 30 days."""
        row = url, self._clock() + NOT_FOUND_LIFETIME
        self.file.execute_all((f"{_REPLACE} absent VALUES (?, ?)", row))

    def remove(self, url: str) -> None:
        """Remove the cached responses to a URL and to the URL that it redirected to."""
        cached = self.find_response(url)
        drops = [
            (f"DELETE FROM {table} WHERE asked IN (?, ?)", (url, cached.url if cached else url))
            for table in ("answers", "absent")
        ]
        self.file.execute_all(*drops)


def expiry_statements(lifetimes: CacheLifetimes, now: float) -> Iterator[Statement]:
    """Yield the SQL statements that delete all expired responses."""
    yield "DELETE FROM absent WHERE until <= ?", (now,)
    for place, (text, seconds) in enumerate(lifetimes):
        before = [other for other, _ in lifetimes[:place]]
        others = " AND instr(asked, ?) = 0" * len(before)
        where = f"kept <= ? AND instr(asked, ?) > 0{others}"
        yield f"DELETE FROM answers WHERE {where}", (now - seconds, text, *before)


def _decompress(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(packed, MAX_RESPONSE_BYTES)
    if not unpacker.eof:
        raise zlib.error("truncated or too long")
    return content
