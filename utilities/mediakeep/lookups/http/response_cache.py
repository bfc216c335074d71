"""Rows of cached responses, in a SQLite file that also contains the tables of a lookup store.

A row holds URL, content type and content of a response, and nothing of the request, such as the
contact or a secret; a 404 has no content. Damaged rows are ignored. requests-cache decides what is
stored and for how long: see `session`.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from mediakeep.lookups.http.models import MAX_RESPONSE_BYTES, ServiceResponse
from mediakeep.sqlite.sqlite_cache import SqliteCache

NOT_FOUND_LIFETIME = 30 * 86400.0  # seconds for which a 404 is cached
SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    asked TEXT PRIMARY KEY, url TEXT NOT NULL, type TEXT NOT NULL, kept REAL NOT NULL,
    content BLOB NOT NULL);
"""
# A 404 does not replace a response with content, so that a failed refresh loses nothing.
_STORE = """
INSERT INTO answers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
SET url = excluded.url, type = excluded.type, kept = excluded.kept, content = excluded.content
WHERE excluded.content <> x'' OR content = x''
"""
_REMOVE = "DELETE FROM answers WHERE asked IN (?, (SELECT url FROM answers WHERE asked = ?))"
# Earlier versions had a table of 404s, with the time until which they were valid.
_IMPORT_ABSENT = (
    ("CREATE TABLE IF NOT EXISTS absent (asked, until)", ()),
    (
        "INSERT OR IGNORE INTO answers SELECT asked, asked, '', until - ?, x'' FROM absent "
        "WHERE typeof(until) = 'real'",
        (NOT_FOUND_LIFETIME,),
    ),
    ("DROP TABLE absent", ()),
)


class StoredResponse(NamedTuple):
    """A cached response and its age in seconds, which is negative if the clock was set back."""

    response: ServiceResponse
    age: float


class ResponseCache:
    """Cache of HTTP responses by URL.

    Methods raise NoCache if the file cannot be read or written.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.file = SqliteCache(path, SCHEMA)
        self._clock = clock
        if self.file.query_row("SELECT 1 FROM sqlite_schema WHERE name = 'absent'"):
            self.file.execute_all(*_IMPORT_ABSENT)

    def find(self, url: str) -> StoredResponse | None:
        """Return the cached response to a URL, however old it is, or None if there is none."""
        row = self.file.query_row(
            "SELECT url, type, content, kept FROM answers WHERE asked = ?", url
        )
        try:
            location, kind, packed, kept = row
            fields = {"url": location, "type": kind, "content": _decompress(packed)}
            fields["status"] = 200 if packed else 404
            return StoredResponse(msgspec.convert(fields, ServiceResponse), self._clock() - kept)
        except (ValueError, TypeError, zlib.error):
            return None

    def store(self, url: str, response: ServiceResponse) -> None:
        """Store the response to a URL, replacing an earlier one."""
        packed = zlib.compress(response.content, 6) if response.status == 200 else b""
        self.file.execute_all((_STORE, (url, response.url, response.type, self._clock(), packed)))

    def remove(self, url: str) -> None:
        """Remove the cached responses to a URL and to the URL that it redirected to."""
        self.file.execute_all((_REMOVE, (url, url)))


def _decompress(packed: bytes) -> bytes:
    if packed == b"":
        return packed
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(packed, MAX_RESPONSE_BYTES)
    if not unpacker.eof:
        raise zlib.error("truncated or too long")
    return content
