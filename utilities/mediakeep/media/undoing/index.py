"""The index of the log: which records there are of a session, an item, a file or a time.

It holds nothing of its own, and may be deleted at any time.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from mediakeep.media.cabinet import Cabinet
from mediakeep.media.undoing.log import Log
from mediakeep.media.undoing.record import Record

FILE = "index.db"

_STAMP = 1
_TABLES = """
CREATE TABLE record(
  id TEXT PRIMARY KEY, session TEXT NOT NULL, item TEXT NOT NULL, path TEXT NOT NULL,
  time TEXT NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL, mark TEXT NOT NULL);
CREATE INDEX by_session ON record(session);
CREATE INDEX by_item ON record(item);
CREATE INDEX by_path ON record(path);
CREATE INDEX by_time ON record(time);
CREATE TABLE log(file TEXT PRIMARY KEY, offset INTEGER NOT NULL)
"""


@dataclass(frozen=True)
class Query:
    """Which records are asked for: all that fit each condition that is given.

    `since` is a time as the record writes it; `below` a folder, escaped like `path`.
    """

    id: str = ""
    session: str = ""
    item: str = ""
    path: str = ""
    below: str = ""
    since: str = ""

    def fits(self, record: Record) -> bool:
        """Tell whether a record is asked for."""
        return (
            (not self.id or record.id == self.id)
            and (not self.session or record.session == self.session)
            and (not self.item or record.item == self.item)
            and (not self.path or record.path == self.path)
            and (not self.below or record.path.startswith(self.below.rstrip("/") + "/"))
            and record.time >= self.since
        )


Found = list[tuple[str, int, str]]  # file and offset of each record, and its mark


class Index:
    """The index as one process uses it."""

    def __init__(self, folder: Path, log: Log) -> None:
        self._cabinet, self._log, self._folder = (
            Cabinet(folder / FILE, _TABLES, _STAMP),
            log,
            folder,
        )

    def find(self, query: Query) -> Found | None:
        """Find records, oldest first; None where the index cannot be used just now."""
        found: Found | None = None
        if not self._folder.is_dir():
            return []
        with self._cabinet.writing() as base:
            if base:
                self._update(base)
                found = _select(base, query)
        return found

    def close(self) -> None:
        """Close the index."""
        self._cabinet.close()

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
                fields = (line.id, line.session, line.item, line.path, line.time)
                base.execute(
                    "INSERT OR REPLACE INTO record VALUES(?, ?, ?, ?, ?, ?, ?, '')",
                    (*fields, file, place.offset),
                )
            else:
                base.execute("UPDATE record SET mark = ? WHERE id = ?", (line.mark, line.id))
            offset = place.end
        base.execute("INSERT OR REPLACE INTO log VALUES(?, ?)", (file, offset))


def _select(base: sqlite3.Connection, query: Query) -> Found:
    given = {"id": query.id, "session": query.session, "item": query.item, "path": query.path}
    conditions = [(f"{name} = ?", text) for name, text in given.items() if text]
    if query.since:
        conditions.append(("time >= ?", query.since))
    if query.below:
        folder = query.below.rstrip("/")
        conditions += [("path > ?", f"{folder}/"), ("path < ?", f"{folder}0")]
    where = " AND ".join(condition for condition, _ in conditions) or "1"
    rows = base.execute(
        f"SELECT file, offset, mark FROM record WHERE {where} ORDER BY file, offset",
        [text for _, text in conditions],
    )
    return rows.fetchall()
