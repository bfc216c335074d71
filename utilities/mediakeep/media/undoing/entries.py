"""Look up undo records by the index, or in the whole log if the index is unusable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mediakeep import files
from mediakeep.errors import Unreadable
from mediakeep.media import access, sums
from mediakeep.media.undoing import gate
from mediakeep.media.undoing.index import Found, Index, Query
from mediakeep.media.undoing.log import Log, Place
from mediakeep.media.undoing.moves import MoveHistory
from mediakeep.media.undoing.record import NOTHING, Mark, Record

DONE, VOID, UNSURE = "done", "void", "unsure"

_PAGE = 100  # records read at once, newest first


@dataclass(frozen=True)
class Entry:
    """A record and its state: "done", "void" (not made), or "unsure".

    `at` is its position in the log (file, offset), in the order of the changes.
    """

    record: Record
    state: str
    at: tuple[str, int] = ("", 0)


class Entries:
    """Lookups in one store by one process; the state is "" if the log has no mark for it."""

    def __init__(self, folder: Path, log: Log) -> None:
        self._folder, self._log = folder, log
        self._index = Index(folder, log)
        self.moves = MoveHistory(folder)

    def find(self, query: Query) -> list[Entry]:
        """Return the matching entries, oldest first.

        Each has the current path and item of its file.
        """
        with gate.shared(self._folder):
            rows = self._located(query) if query != Query() else None
            entries = None if rows is None else self._read(rows)
            if entries is None:
                return self._scan(query)
            return [entry for entry in entries if query.fits(entry.record)]

    def _located(self, query: Query) -> Found | None:
        """Return the index rows of matching records, including those from before a move."""
        if len(queries := self.moves.queries_before_moves(query)) == 1:
            return self._index.find(query)
        marks: dict[tuple[str, int], str] = {}
        for former in queries:
            if (rows := self._index.find(former)) is None:
                return None
            marks |= {(file, offset): mark for file, offset, mark in rows}
        return [(file, offset, marks[file, offset]) for file, offset in sorted(marks)]

    def newest(self) -> Iterator[Entry]:
        """Yield all entries, newest first, reading page by page."""
        seen = 0
        while True:
            with gate.shared(self._folder):
                rows = self._index.newest(seen, _PAGE)
                entries = None if rows is None else self._read(rows)
                page = self._scan(Query())[::-1][seen:] if entries is None else entries
            yield from page
            if rows is None or entries is None or len(rows) < _PAGE:
                return
            seen += len(rows)

    def items(self, queue: str) -> set[str]:
        """Return the items of a queue whose files were changed."""
        with gate.shared(self._folder):
            items = self._index.items(queue)
            if items is None:
                items = {entry.record.item for entry in self._scan(Query(queue=queue))}
        return self.moves.items(queue, items) - {""}

    def knows(self, query: Query) -> bool:
        """Return True if any record matches."""
        if self.moves.all:
            return bool(self.find(query))
        with gate.shared(self._folder):
            rows = self._index.find(query, 1)
            return bool(self._scan(query) if rows is None else rows)

    def close(self) -> None:
        self._index.close()

    def verify(self) -> list[Place]:
        """Compare the index with the log, and return the damaged lines of the log."""
        with gate.shared(self._folder):
            return self._log.damaged(thorough=not self._index.verify())

    def _read(self, rows: Found) -> list[Entry] | None:
        """Read the records of index rows; if the index is wrong, delete it and return None."""
        lines = [(self._log.at(file, offset), mark, (file, offset)) for file, offset, mark in rows]
        present = self.moves.with_present_path
        entries = [
            Entry(present(line), mark, at) for line, mark, at in lines if isinstance(line, Record)
        ]
        if len(entries) == len(rows):
            return entries
        self._index.discard()
        return None

    def _scan(self, query: Query) -> list[Entry]:
        """Search the whole log, which is slower than the index for few records."""
        records: dict[str, tuple[Record, tuple[str, int]]] = {}
        marks: dict[str, str] = {}
        for place, line in self._log.read():
            if isinstance(line, Mark):
                marks[line.id] = line.mark
            elif query.fits(line := self.moves.with_present_path(line)):
                records[line.id] = line, place[:2]
        return [Entry(record, marks.get(record.id, ""), at) for record, at in records.values()]


def is_gone(path: Path) -> bool:
    """Return True if the folder exists, but nothing of this name in it."""
    return path.parent.is_dir() and not os.path.lexists(path)


def told_by(record: Record) -> str:
    """Determine the state of a change by the hash of the file."""
    path = Path(files.unescape(record.path))
    try:
        if is_gone(path):
            sha256 = NOTHING.sha256
        else:
            with access.opened(path) as handle:
                sha256 = sums.whole(handle.fileno())
    except (OSError, Unreadable):
        return UNSURE
    return {record.new.sha256: DONE, record.old.sha256: VOID}.get(sha256, UNSURE)
