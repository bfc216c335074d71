"""A SQLite cache of what was read from files, keyed by each file's stat values.

All entries of an artist are stored in one row, keyed by the artist's folder, and read together.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Collection
from operator import attrgetter
from pathlib import Path

import msgspec

from mediakeep.media import pictures
from mediakeep.media.audio.model import AudioFile
from mediakeep.sqlite import row_checksum
from mediakeep.sqlite.disposable import DisposableSqlite

_SCHEMA = """
CREATE TABLE drawer(folder TEXT PRIMARY KEY, cards BLOB NOT NULL, day INTEGER NOT NULL);
CREATE INDEX drawer_day ON drawer(day);
CREATE TABLE sweep(day INTEGER NOT NULL);
INSERT INTO sweep VALUES(0)
"""
# A flipped bit may turn the BLOB into TEXT that is not valid UTF-8.
_SELECT_FOLDER = "SELECT CAST(cards AS BLOB), day < ? FROM drawer WHERE folder = ?"
_DELETE_STALE = """
DELETE FROM drawer
WHERE folder IN (SELECT folder FROM drawer WHERE day < ? ORDER BY day LIMIT ?)
"""
_KEEP_DAYS = 90  # days to keep a row after its folder was last seen
_TOUCH_DAYS = 10  # days after which a row in use is touched
_MAX_DELETED = 1_000  # rows deleted per day, at most

FolderKey = tuple[int, int]  # device and inode of a folder
# device, inode, size, times of content and of any change
StatIdentity = tuple[int, int, int, int, int]

# Identifies a file in its current state: changes with any change of the file.
stat_identity: Callable[[os.stat_result], StatIdentity] = attrgetter(
    "st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns"
)


class CachedResult(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The cached result of reading a file: tags and properties, a picture, or an error."""

    reading: AudioFile | None = None
    error: str = ""  # the name of its class
    reason: str = ""
    picture: pictures.PictureInfo | None = None


class CachedFile(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The cached result of reading one file, and the stat values for which it is valid."""

    state: StatIdentity
    suffix: str  # hard links to a file may have other suffixes, which change the result
    result: CachedResult
    essence: str = ""  # "" where unknown


_encode_files = msgspec.msgpack.Encoder().encode
_decode_files = msgspec.msgpack.Decoder(list[CachedFile]).decode


class FileCache:
    """One process's connection to the cache of file contents.

    `stamp` is the parser version, and `today` a number of days since 1970.
    """

    def __init__(self, path: Path, parser_version: int, today: int | None = None) -> None:
        self._database = DisposableSqlite(path, _SCHEMA, parser_version)
        self._today = int(time.time() // 86_400) if today is None else today

    def load_folder(self, folder: FolderKey) -> dict[StatIdentity, CachedFile]:
        """Return the cached files of an artist's folder by their stat values."""
        name, checked_data, old = _format_key(folder), b"", False
        with self._database.read_transaction() as base:
            if base and (
                row := base.execute(_SELECT_FOLDER, (self._today - _TOUCH_DAYS, name)).fetchone()
            ):
                checked_data, old = row
        if old:
            self._execute("UPDATE drawer SET day = ? WHERE folder = ?", self._today, name)
        return {entry.state: entry for entry in _decode_checked(checked_data or b"")}

    def save_folder(self, folder: FolderKey, entries: Collection[CachedFile]) -> None:
        """Replace the cached files of an artist's folder."""
        row = _format_key(folder), row_checksum.add_checksum(_encode_files(entries)), self._today
        self._execute("INSERT OR REPLACE INTO drawer VALUES(?, ?, ?)", *row)

    def close(self) -> None:
        self._database.close()

    def _execute(self, statement: str, *values: str | bytes | int) -> None:
        with self._database.write_transaction() as base:
            if base:
                base.execute(statement, values)
                self._delete_stale(base)

    def _delete_stale(self, connection: sqlite3.Connection) -> None:
        """Delete the cache rows of folders that no longer exist, at most once a day."""
        day = self._today
        if connection.execute("UPDATE sweep SET day = ? WHERE day != ?", (day, day)).rowcount:
            connection.execute(_DELETE_STALE, (day - _KEEP_DAYS, _MAX_DELETED))


def _format_key(folder: FolderKey) -> str:
    """Return the key of a cache row as text.

    Unsigned 64-bit numbers do not fit into SQLite integers.
    """
    return "{}:{}".format(*folder)


def _decode_checked(checked_data: bytes) -> list[CachedFile]:
    """Return the cached files from a row's data.

    Return [] if the checksum is wrong or the data is in another format.
    """
    data = row_checksum.remove_checksum(checked_data)
    try:
        return _decode_files(data) if data else []
    except msgspec.DecodeError:
        return []
