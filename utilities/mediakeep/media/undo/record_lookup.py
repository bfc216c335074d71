"""Find undo records by the index, or in the whole log if the index is unusable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mediakeep import file_copies, path_text
from mediakeep.errors import Unreadable
from mediakeep.media import open_file
from mediakeep.media.undo import store_lock
from mediakeep.media.undo.log import ChangeLog, LinePosition
from mediakeep.media.undo.moves import MoveHistory
from mediakeep.media.undo.record import NO_FILE, ChangeRecord, RecordState
from mediakeep.media.undo.record_index import IndexRows, RecordIndex, RecordQuery

DONE, VOID, UNSURE = "done", "void", "unsure"

_PAGE_SIZE = 100  # records read at once, newest first


@dataclass(frozen=True)
class RecordEntry:
    """An undo record and its state: "done", "void" (not made), "unsure", or "" if unknown.

    `at` is its position in the log, as file name and byte offset; positions have the order of the
    changes.
    """

    record: ChangeRecord
    state: str
    at: tuple[str, int] = ("", 0)


class RecordLookup:
    """Looks up the undo records of one store for one process.

    The state of a found record is "" if the log has no mark for it.
    """

    def __init__(self, folder: Path, log: ChangeLog) -> None:
        self._folder, self._log = folder, log
        self._index = RecordIndex(folder, log)
        self.moves = MoveHistory(folder)

    def find(self, query: RecordQuery) -> list[RecordEntry]:
        """Return the undo records that match a query, oldest first.

        Each has the current path and item of its file.
        """
        with store_lock.shared_lock(self._folder):
            rows = self._locate(query) if query != RecordQuery() else None
            entries = None if rows is None else self._read_rows(rows)
            if entries is None:
                return self._scan_log(query)
            return [entry for entry in entries if query.matches(entry.record)]

    def _locate(self, query: RecordQuery) -> IndexRows | None:
        """Return the index rows of matching records, including those from before a move."""
        if len(queries := self.moves.expand_query_over_moves(query)) == 1:
            return self._index.find(query)
        marks: dict[tuple[str, int], str] = {}
        for former in queries:
            if (rows := self._index.find(former)) is None:
                return None
            marks |= {(file, offset): mark for file, offset, mark in rows}
        return [(file, offset, marks[file, offset]) for file, offset in sorted(marks)]

    def iter_newest(self) -> Iterator[RecordEntry]:
        """Yield all undo records, newest first, reading them page by page."""
        seen = 0
        while True:
            with store_lock.shared_lock(self._folder):
                rows = self._index.find_newest(seen, _PAGE_SIZE)
                entries = None if rows is None else self._read_rows(rows)
                page = self._scan_log(RecordQuery())[::-1][seen:] if entries is None else entries
            yield from page
            if rows is None or entries is None or len(rows) < _PAGE_SIZE:
                return
            seen += len(rows)

    def changed_items(self, queue: str) -> set[str]:
        """Return the keys of a queue's items whose files mediakeep has changed."""
        with store_lock.shared_lock(self._folder):
            items = self._index.find_items(queue)
            if items is None:
                items = {entry.record.item for entry in self._scan_log(RecordQuery(queue=queue))}
        return self.moves.current_item_keys(queue, items) - {""}

    def has_record(self, query: RecordQuery) -> bool:
        """Return True if any undo record matches a query."""
        if self.moves.all_moves:
            return bool(self.find(query))
        with store_lock.shared_lock(self._folder):
            rows = self._index.find(query, 1)
            return bool(self._scan_log(query) if rows is None else rows)

    def close(self) -> None:
        self._index.close()

    def verify(self) -> list[LinePosition]:
        """Compare the index with the log, and return the positions of damaged log lines."""
        with store_lock.shared_lock(self._folder):
            return self._log.find_damaged(thorough=not self._index.verify())

    def _read_rows(self, rows: IndexRows) -> list[RecordEntry] | None:
        """Read the undo records of index rows; return None if the index is wrong.

        A wrong index is deleted.
        """
        lines = [
            (self._log.read_at(file, offset), mark, (file, offset)) for file, offset, mark in rows
        ]
        present = self.moves.update_record_path
        entries = [
            RecordEntry(present(line), mark, at)
            for line, mark, at in lines
            if isinstance(line, ChangeRecord)
        ]
        if len(entries) == len(rows):
            return entries
        self._index.discard()
        return None

    def _scan_log(self, query: RecordQuery) -> list[RecordEntry]:
        """Return matching undo records by reading the whole log.

        For few records this is slower than the index.
        """
        records: dict[str, tuple[ChangeRecord, tuple[str, int]]] = {}
        marks: dict[str, str] = {}
        for place, line in self._log.read_lines():
            if isinstance(line, RecordState):
                marks[line.id] = line.mark
            elif query.matches(line := self.moves.update_record_path(line)):
                records[line.id] = line, place[:2]
        return [
            RecordEntry(record, marks.get(record.id, ""), at) for record, at in records.values()
        ]


def is_file_missing(path: Path) -> bool:
    """Return True if the folder of a path exists, but nothing of this name in it."""
    return path.parent.is_dir() and not os.path.lexists(path)


def state_from_file(record: ChangeRecord) -> str:
    """Return the state of a recorded change, determined by the current hash of the file."""
    path = Path(path_text.unescape_path(record.path))
    try:
        if is_file_missing(path):
            sha256 = NO_FILE.sha256
        else:
            with open_file.open_regular_file(path) as handle:
                sha256 = file_copies.file_sha256(handle.fileno())
    except (OSError, Unreadable):
        return UNSURE
    return {record.new.sha256: DONE, record.old.sha256: VOID}.get(sha256, UNSURE)
