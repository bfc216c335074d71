"""The SQLite index of the change log: find undo records by session, item, file or time.

It is derived from the log and may be deleted at any time. It is used only if it was closed cleanly,
or written since the system started. Before an undo it is compared with the log.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mediakeep import path_text
from mediakeep.media.undo.log import ChangeLog
from mediakeep.media.undo.record import ChangeRecord
from mediakeep.sqlite.clean_flag import TornFile
from mediakeep.sqlite.disposable import DisposableSqlite

_MAX_PARTS = 40  # path components considered


def stable_path_tail(record: ChangeRecord) -> str:
    """Return the end of a record's path, from the item's folder on.

    Without an item, it is the last two components. It stays the same when the library is moved.
    """
    at = _item_position(record)
    return "/".join(record.path.split("/")[-2 if at is None else at :])


def possible_path_tails(path: str) -> list[str]:
    """Return all values of `stable_path_tail` that records of the file at `path` may have."""
    parts = path.split("/")[1:][-_MAX_PARTS:]
    return ["/".join(parts[at:]) for at in range(len(parts) - 1)]


def is_record_of(record: ChangeRecord, path: str) -> bool:
    """Return True if an undo record belongs to the file that is now at `path`.

    `path` contains no links. If another file still has the recorded path, the record belongs to
    that file.
    """
    if record.path == path:
        return True
    if stable_path_tail(record) not in possible_path_tails(path):
        return False
    old = path_text.unescape_path(record.path)
    if os.path.lexists(old):
        return os.path.realpath(old) == path_text.unescape_path(path)
    return _item_position(record) is not None


def _item_position(record: ChangeRecord) -> int | None:
    """Return the index of the item's folder among the components of a record's path.

    Return None if the item was a link or a file.
    """
    wanted, folders = record.item.split("/"), record.path.split("/")[:-1]
    for at in range(len(folders) - len(wanted), 0, -1):
        if record.item and folders[at : at + len(wanted)] == wanted:
            return at
    return None


FILE_NAME = "index.db"

T = TypeVar("T")

_SCHEMA_VERSION = 4
_LOCK_TIMEOUT = 60.0  # seconds; indexing a million records takes about half of that
_SCHEMA = """
CREATE TABLE record(
  id TEXT PRIMARY KEY, session TEXT NOT NULL, item TEXT NOT NULL, queue TEXT NOT NULL,
  path TEXT NOT NULL, place TEXT NOT NULL, time TEXT NOT NULL, undoes TEXT NOT NULL,
  file TEXT NOT NULL, offset INTEGER NOT NULL, mark TEXT NOT NULL);
CREATE INDEX by_session ON record(session);
CREATE INDEX by_item ON record(item);
CREATE INDEX by_path ON record(path);
CREATE INDEX by_place ON record(place);
CREATE INDEX by_time ON record(time);
CREATE INDEX by_undoes ON record(undoes) WHERE undoes > '';
CREATE INDEX by_order ON record(file, offset);
CREATE TABLE log(file TEXT PRIMARY KEY, offset INTEGER NOT NULL)
"""


@dataclass(frozen=True)
class RecordQuery:
    """A query for undo records: all conditions that are set must match.

    `since` is a time in the format of the records; `below` is a folder, escaped like `path`. `path`
    is the recorded path; `file` is the current path of a file, and also matches its records under
    former paths. `queue` is the kind of the item; `undoes` are IDs of undone records. With
    `is_undo`, only records that undo another one match.
    """

    id: str = ""
    session: str = ""
    item: str = ""
    queue: str = ""
    path: str = ""
    file: str = ""
    below: str = ""
    since: str = ""
    undoes: tuple[str, ...] = ()
    is_undo: bool = False

    def matches(self, record: ChangeRecord) -> bool:
        """Return True if an undo record matches all conditions of the query."""
        return (
            (not self.id or record.id == self.id)
            and (not self.session or record.session == self.session)
            and (not self.item or record.item == self.item)
            and (not self.queue or record.queue == self.queue)
            and (not self.path or record.path == self.path)
            and (not self.file or is_record_of(record, self.file))
            and (not self.undoes or record.undoes in self.undoes)
            and (not self.is_undo or bool(record.undoes))
            and (not self.below or record.path.startswith(self.below.rstrip("/") + "/"))
            and record.time >= self.since
        )


IndexRows = list[tuple[str, int, str]]  # (file, offset, mark) of each record


class RecordIndex:
    """The SQLite index of the change log, as used by one process."""

    def __init__(self, folder: Path, log: ChangeLog) -> None:
        self._database = DisposableSqlite(
            folder / FILE_NAME, _SCHEMA, _SCHEMA_VERSION, _LOCK_TIMEOUT, marked=True
        )
        self._log, self._folder = log, folder

    def find(self, query: RecordQuery, limit: int = -1) -> IndexRows | None:
        """Return index rows of the undo records that match, oldest first.

        Return None if the index is unusable now. For a query by `file` there may be rows that do
        not match.
        """
        return self._run_query(lambda base: _select_rows(base, query, limit), IndexRows())

    def find_newest(self, skipped: int, limit: int) -> IndexRows | None:
        """Return index rows of up to `limit` undo records, newest first.

        The first `skipped` rows are left out. Return None if the index is unusable now.
        """
        query = "SELECT file, offset, mark FROM record ORDER BY file DESC, offset DESC"
        return self._run_query(
            lambda base: base.execute(f"{query} LIMIT ? OFFSET ?", (limit, skipped)).fetchall(),
            IndexRows(),
        )

    def find_items(self, queue: str) -> set[str] | None:
        """Return the keys of a queue's items that have undo records, possibly including "".

        Return None if the index is unusable now.
        """
        query = "SELECT DISTINCT item FROM record WHERE queue = ?"
        return self._run_query(
            lambda base: {item for (item,) in base.execute(query, (queue,))}, set[str]()
        )

    def verify(self) -> bool:
        """Return True if the index matches the log, record by record; rebuild it if it does not.

        Return False if the rebuilt index differs, too, or cannot be built.
        """
        return bool(self._run_query(self._compare_with_log, True))

    def discard(self) -> None:
        """Delete the index, because it has turned out to be wrong."""
        with self._database.write_transaction() as base:
            if base:
                raise TornFile("it does not match the log")

    def _run_query(self, select: Callable[[sqlite3.Connection], T], nothing: T) -> T | None:
        result: T | None = None
        if not self._folder.is_dir():
            return nothing
        with self._database.read_transaction() as base:
            if base and self._is_current(base):
                return select(base)
        with self._database.write_transaction() as base:
            if base:
                self._read_new_lines(base)
                result = select(base)
        return result

    def close(self) -> None:
        """Close the index."""
        self._database.close()

    def _compare_with_log(self, connection: sqlite3.Connection) -> bool:
        """Raise TornFile unless the index database is intact and matches the log exactly."""
        if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise TornFile("integrity check failed")
        rows = connection.execute("SELECT id, file, offset, mark FROM record ORDER BY file, offset")
        ends = dict(connection.execute("SELECT file, offset FROM log").fetchall())
        marks, indexed = dict[str, str](), dict[str, str]()
        for place, head in self._log.read_line_heads():
            if place.end > ends.get(place.file, 0):
                continue  # appended since by another process
            if head.op == "mark":
                marks[head.id] = head.mark
                continue
            id_, *at, indexed[head.id] = next(rows, ("", "", 0, ""))
            if (id_, *at) != (head.id, place.file, place.offset):
                raise TornFile("it does not match the log")
        if next(rows, None) or any(marks.get(id_, "") != mark for id_, mark in indexed.items()):
            raise TornFile("it does not match the log")
        return True

    def _is_current(self, connection: sqlite3.Connection) -> bool:
        offsets = dict(connection.execute("SELECT file, offset FROM log").fetchall())
        return offsets == {path.name: path.stat().st_size for path in self._log.list_files()}

    def _read_new_lines(self, connection: sqlite3.Connection) -> None:
        offsets = dict(connection.execute("SELECT file, offset FROM log").fetchall())
        sizes = {path.name: path.stat().st_size for path in self._log.list_files()}
        if any(sizes.get(file, -1) < offset for file, offset in offsets.items()):
            connection.execute("DELETE FROM record")
            connection.execute("DELETE FROM log")
            offsets = {}
        for file, size in sizes.items():
            if size > (offset := offsets.get(file, 0)):
                self._read_file(connection, file, offset)

    def _read_file(self, connection: sqlite3.Connection, file: str, offset: int) -> None:
        for place, line in self._log.read_lines(file, offset):
            if isinstance(line, ChangeRecord):
                owner = (line.id, line.session, line.item, line.queue)
                where = (line.path, stable_path_tail(line))
                connection.execute(
                    "INSERT OR REPLACE INTO record VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
                    (*owner, *where, line.time, line.undoes, file, place.offset),
                )
            else:
                connection.execute("UPDATE record SET mark = ? WHERE id = ?", (line.mark, line.id))
            offset = place.end
        connection.execute("INSERT OR REPLACE INTO log VALUES(?, ?)", (file, offset))


def _select_rows(connection: sqlite3.Connection, query: RecordQuery, limit: int) -> IndexRows:
    conditions = list(_build_conditions(query))
    where = " AND ".join(condition for condition, _ in conditions) or "1"
    # The unary plus keeps SQLite from scanning all records in index order to avoid sorting.
    order = "+file, +offset" if conditions else "file, offset"
    rows = connection.execute(
        f"SELECT file, offset, mark FROM record WHERE {where} ORDER BY {order} LIMIT ?",
        [*(text for _, texts in conditions for text in texts), limit],
    )
    return rows.fetchall()


def _build_conditions(query: RecordQuery) -> Iterator[tuple[str, list[str]]]:
    for name in ("id", "session", "item", "queue", "path"):
        if text := getattr(query, name):
            yield f"{name} = ?", [text]
    if query.since:
        yield "time >= ?", [query.since]
    if query.below:
        folder = query.below.rstrip("/")
        yield "path > ? AND path < ?", [f"{folder}/", f"{folder}0"]
    if query.file:
        places = possible_path_tails(query.file)
        yield f"(path = ? OR place IN ({_placeholders(places)}))", [query.file, *places]
    if query.is_undo:
        yield "undoes > ''", []
    if query.undoes:
        # The first condition lets SQLite use the partial index.
        yield f"undoes > '' AND undoes IN ({_placeholders(query.undoes)})", list(query.undoes)


def _placeholders(texts: Sequence[str]) -> str:
    return ", ".join("?" * len(texts))
