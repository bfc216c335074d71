"""The index of the log: which records there are of a session, an item, a file or a time.

It holds nothing of its own, and may be deleted at any time. It counts only with its clean mark, or
while the system runs in which it was written; before an undo it is compared with the log.
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
_PATIENCE = 60.0  # seconds; the index of a million records takes about half of that to be made
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
    """Which records are asked for: all that fit each condition that is given.

    `since` is a time as the record writes it; `below` a folder, escaped like `path`. `path` is what
    the record says; `file` is where a file lies now, and its records under former names fit, too.
    `queue` is the kind of the item, and `undoes` are the ids of records that are undone.
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
        """Tell whether a record is asked for."""
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


Found = list[tuple[str, int, str]]  # file and offset of each record, and its mark


class Index:
    """The index as one process uses it."""

    def __init__(self, folder: Path, log: Log) -> None:
        self._cabinet = Cabinet(folder / FILE, _TABLES, _STAMP, _PATIENCE, marked=True)
        self._log, self._folder = log, folder

    def find(self, query: Query, limit: int = -1) -> Found | None:
        """Find records, oldest first; None where the index cannot be used just now.

        Of a `file` it may find more than fit.
        """
        return self._ask(lambda base: _select(base, query, limit), Found())

    def newest(self, known: int, limit: int) -> Found | None:
        """Find the newest records, the newest first, after so many that are known already."""
        asked = "SELECT file, offset, mark FROM record ORDER BY file DESC, offset DESC"
        return self._ask(
            lambda base: base.execute(f"{asked} LIMIT ? OFFSET ?", (limit, known)).fetchall(),
            Found(),
        )

    def items(self, queue: str) -> set[str] | None:
        """Find the items of a kind that there are records of; "" may be among them."""
        asked = "SELECT DISTINCT item FROM record WHERE queue = ?"
        return self._ask(
            lambda base: {item for (item,) in base.execute(asked, (queue,))}, set[str]()
        )

    def verify(self) -> bool:
        """Compare the index with the log, record by record; one that differs is built again.

        Return False if even that one differs, or none can be built.
        """
        return bool(self._ask(self._check, True))

    def discard(self) -> None:
        """Remove the index, which has turned out to be wrong."""
        with self._cabinet.writing() as base:
            if base:
                raise Torn("it does not fit the log")

    def _ask(self, select: Callable[[sqlite3.Connection], T], nothing: T) -> T | None:
        found: T | None = None
        if not self._folder.is_dir():
            return nothing
        with self._cabinet.reading() as base:
            if base and self._is_current(base):
                return select(base)
        with self._cabinet.writing() as base:
            if base:
                self._update(base)
                found = select(base)
        return found

    def close(self) -> None:
        """Close the index."""
        self._cabinet.close()

    def _check(self, base: sqlite3.Connection) -> bool:
        """Raise Torn unless the tables are sound, and hold just the lines read of the log."""
        if base.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise Torn("its pages do not fit each other")
        rows = base.execute("SELECT id, file, offset, mark FROM record ORDER BY file, offset")
        ends = dict(base.execute("SELECT file, offset FROM log").fetchall())
        marks, held = dict[str, str](), dict[str, str]()
        for place, head in self._log.heads():
            if place.end > ends.get(place.file, 0):
                continue  # written since, by another process
            if head.op == "mark":
                marks[head.id] = head.mark
                continue
            id_, *at, held[head.id] = next(rows, ("", "", 0, ""))
            if (id_, *at) != (head.id, place.file, place.offset):
                raise Torn("it does not hold the records of the log")
        if next(rows, None) or any(marks.get(id_, "") != mark for id_, mark in held.items()):
            raise Torn("it does not hold the records of the log")
        return True

    def _is_current(self, base: sqlite3.Connection) -> bool:
        known = dict(base.execute("SELECT file, offset FROM log").fetchall())
        return known == {path.name: path.stat().st_size for path in self._log.paths()}

    def _update(self, base: sqlite3.Connection) -> None:
        known = dict(base.execute("SELECT file, offset FROM log").fetchall())
        sizes = {path.name: path.stat().st_size for path in self._log.paths()}
        if any(sizes.get(file, -1) < offset for file, offset in known.items()):
            base.execute("DELETE FROM record")
            base.execute("DELETE FROM log")
            known = {}
        for file, size in sizes.items():
            if size > (offset := known.get(file, 0)):
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
    # The sign keeps SQLite from walking through all records in their order to save the sorting.
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
        # The first half lets SQLite take the index, which has only those records.
        yield f"undoes > '' AND undoes IN ({_marks(query.undoes)})", list(query.undoes)


def _marks(texts: Sequence[str]) -> str:
    return ", ".join("?" * len(texts))
