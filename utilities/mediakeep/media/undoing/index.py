"""The SQLite index of the change log: find records by session, item, file or time.

It is derived from the log and may be deleted at any time. It is trusted only if it has its clean
mark, or was written since the system started; before an undo it is compared with the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mediakeep.clean_flag import Torn
from mediakeep.media.cabinet import Cabinet
from mediakeep.media.undoing import names
from mediakeep.media.undoing.log import Log
from mediakeep.media.undoing.record import Record

FILE = "index.db"

T = TypeVar("T")

_STAMP = 4
_PATIENCE = 60.0  # seconds; indexing a million records takes about half of that
_TABLES = """
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
class Query:
    """A query for records: all conditions that are set must match.

    `since` is a time in the format of the records; `below` is a folder, escaped like `path`. `path`
    is the recorded path; `file` is the current path of a file, and also matches its records under
    former paths. `queue` is the kind of the item; `undoes` are ids of undone records.
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

    def fits(self, record: Record) -> bool:
        """Return True if a record matches."""
        return (
            (not self.id or record.id == self.id)
            and (not self.session or record.session == self.session)
            and (not self.item or record.item == self.item)
            and (not self.queue or record.queue == self.queue)
            and (not self.path or record.path == self.path)
            and (not self.file or names.is_of(record, self.file))
            and (not self.undoes or record.undoes in self.undoes)
            and (not self.below or record.path.startswith(self.below.rstrip("/") + "/"))
            and record.time >= self.since
        )


Found = list[tuple[str, int, str]]  # (file, offset, mark) of each record


class Index:
    """The index as used by one process."""

    def __init__(self, folder: Path, log: Log) -> None:
        self._cabinet = Cabinet(folder / FILE, _TABLES, _STAMP, _PATIENCE, marked=True)
        self._log, self._folder = log, folder

    def find(self, query: Query, limit: int = -1) -> Found | None:
        """Find records, oldest first; return None if the index is unusable now.

        For `file` it may return more records than match.
        """
        return self._ask(lambda base: _select(base, query, limit), Found())

    def newest(self, skipped: int, limit: int) -> Found | None:
        """Return up to `limit` records, newest first, skipping the first `skipped`."""
        query = "SELECT file, offset, mark FROM record ORDER BY file DESC, offset DESC"
        return self._ask(
            lambda base: base.execute(f"{query} LIMIT ? OFFSET ?", (limit, skipped)).fetchall(),
            Found(),
        )

    def items(self, queue: str) -> set[str] | None:
        """Return the items of a queue that have records, possibly including ""."""
        query = "SELECT DISTINCT item FROM record WHERE queue = ?"
        return self._ask(
            lambda base: {item for (item,) in base.execute(query, (queue,))}, set[str]()
        )

    def verify(self) -> bool:
        """Compare the index with the log, record by record; rebuild it if it differs.

        Return False if the rebuilt index differs, too, or cannot be built.
        """
        return bool(self._ask(self._check, True))

    def discard(self) -> None:
        """Delete the index, which has turned out to be wrong."""
        with self._cabinet.writing() as base:
            if base:
                raise Torn("it does not match the log")

    def _ask(self, select: Callable[[sqlite3.Connection], T], nothing: T) -> T | None:
        result: T | None = None
        if not self._folder.is_dir():
            return nothing
        with self._cabinet.reading() as base:
            if base and self._is_current(base):
                return select(base)
        with self._cabinet.writing() as base:
            if base:
                self._update(base)
                result = select(base)
        return result

    def close(self) -> None:
        """Close the index."""
        self._cabinet.close()

    def _check(self, base: sqlite3.Connection) -> bool:
        """Raise Torn unless the database is intact and contains exactly the lines of the log."""
        if base.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise Torn("integrity check failed")
        rows = base.execute("SELECT id, file, offset, mark FROM record ORDER BY file, offset")
        ends = dict(base.execute("SELECT file, offset FROM log").fetchall())
        marks, indexed = dict[str, str](), dict[str, str]()
        for place, head in self._log.heads():
            if place.end > ends.get(place.file, 0):
                continue  # appended since by another process
            if head.op == "mark":
                marks[head.id] = head.mark
                continue
            id_, *at, indexed[head.id] = next(rows, ("", "", 0, ""))
            if (id_, *at) != (head.id, place.file, place.offset):
                raise Torn("it does not match the log")
        if next(rows, None) or any(marks.get(id_, "") != mark for id_, mark in indexed.items()):
            raise Torn("it does not match the log")
        return True

    def _is_current(self, base: sqlite3.Connection) -> bool:
        offsets = dict(base.execute("SELECT file, offset FROM log").fetchall())
        return offsets == {path.name: path.stat().st_size for path in self._log.paths()}

    def _update(self, base: sqlite3.Connection) -> None:
        offsets = dict(base.execute("SELECT file, offset FROM log").fetchall())
        sizes = {path.name: path.stat().st_size for path in self._log.paths()}
        if any(sizes.get(file, -1) < offset for file, offset in offsets.items()):
            base.execute("DELETE FROM record")
            base.execute("DELETE FROM log")
            offsets = {}
        for file, size in sizes.items():
            if size > (offset := offsets.get(file, 0)):
                self._read(base, file, offset)

    def _read(self, base: sqlite3.Connection, file: str, offset: int) -> None:
        for place, line in self._log.read(file, offset):
            if isinstance(line, Record):
                owner = (line.id, line.session, line.item, line.queue)
                where = (line.path, names.place(line))
                base.execute(
                    "INSERT OR REPLACE INTO record VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
                    (*owner, *where, line.time, line.undoes, file, place.offset),
                )
            else:
                base.execute("UPDATE record SET mark = ? WHERE id = ?", (line.mark, line.id))
            offset = place.end
        base.execute("INSERT OR REPLACE INTO log VALUES(?, ?)", (file, offset))


def _select(base: sqlite3.Connection, query: Query, limit: int) -> Found:
    conditions = list(_conditions(query))
    where = " AND ".join(condition for condition, _ in conditions) or "1"
    # The unary plus keeps SQLite from scanning all records in index order to avoid sorting.
    order = "+file, +offset" if conditions else "file, offset"
    rows = base.execute(
        f"SELECT file, offset, mark FROM record WHERE {where} ORDER BY {order} LIMIT ?",
        [*(text for _, texts in conditions for text in texts), limit],
    )
    return rows.fetchall()


def _conditions(query: Query) -> Iterator[tuple[str, list[str]]]:
    for name in ("id", "session", "item", "queue", "path"):
        if text := getattr(query, name):
            yield f"{name} = ?", [text]
    if query.since:
        yield "time >= ?", [query.since]
    if query.below:
        folder = query.below.rstrip("/")
        yield "path > ? AND path < ?", [f"{folder}/", f"{folder}0"]
    if query.file:
        places = names.places(query.file)
        yield f"(path = ? OR place IN ({_marks(places)}))", [query.file, *places]
    if query.undoes:
        # The first condition lets SQLite use the partial index.
        yield f"undoes > '' AND undoes IN ({_marks(query.undoes)})", list(query.undoes)


def _marks(texts: Sequence[str]) -> str:
    return ", ".join("?" * len(texts))
