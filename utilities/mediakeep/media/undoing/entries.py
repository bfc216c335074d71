"""Records as they are looked up: by the index, or where that cannot be used, in the whole log."""

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

_PAGE = 100  # records that are read at once, the newest first


@dataclass(frozen=True)
class Entry:
    """A record, and whether its change was made: "done", "void", or "unsure" for neither.

    `at` tells where it stands in the log, which is the order of the changes.
    """

    record: Record
    state: str
    at: tuple[str, int] = ("", 0)


class Entries:
    """The entries of a store as one process looks them up; a state is "" where no mark tells it."""

    def __init__(self, folder: Path, log: Log) -> None:
        self._folder, self._log = folder, log
        self._index = Index(folder, log)
        self.moves = MoveHistory(folder)

    def find(self, query: Query) -> list[Entry]:
        """Return the entries that are asked for, oldest first.

        Each has the path and the item that its file has by now.
        """
        with gate.shared(self._folder):
            found = self._located(query) if query != Query() else None
            entries = None if found is None else self._read(found)
            if entries is None:
                return self._scan(query)
            return [entry for entry in entries if query.fits(entry.record)]

    def _located(self, query: Query) -> Found | None:
        """Find the places of records in the log, also of those that were made before a move."""
        if len(asked := self.moves.queries_before_moves(query)) == 1:
            return self._index.find(query)
        found: dict[tuple[str, int], str] = {}
        for one in asked:
            if (some := self._index.find(one)) is None:
                return None
            found |= {(file, offset): mark for file, offset, mark in some}
        return [(file, offset, found[file, offset]) for file, offset in sorted(found)]

    def newest(self) -> Iterator[Entry]:
        """Give all entries, the newest first; no more are read than are taken."""
        known = 0
        while True:
            with gate.shared(self._folder):
                found = self._index.newest(known, _PAGE)
                entries = None if found is None else self._read(found)
                page = self._scan(Query())[::-1][known:] if entries is None else entries
            yield from page
            if found is None or entries is None or len(found) < _PAGE:
                return
            known += len(found)

    def items(self, queue: str) -> set[str]:
        """Return the items of a kind whose files were changed."""
        with gate.shared(self._folder):
            found = self._index.items(queue)
            if found is None:
                found = {entry.record.item for entry in self._scan(Query(queue=queue))}
        return self.moves.items(queue, found) - {""}

    def knows(self, query: Query) -> bool:
        """Tell whether there is any record that is asked for."""
        if self.moves.all:
            return bool(self.find(query))
        with gate.shared(self._folder):
            found = self._index.find(query, 1)
            return bool(self._scan(query) if found is None else found)

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def verify(self) -> list[Place]:
        """Compare the index with the log, and return where that is damaged itself."""
        with gate.shared(self._folder):
            return self._log.damaged(thorough=not self._index.verify())

    def _read(self, found: Found) -> list[Entry] | None:
        """Read the records that the index has found; None if it is wrong, which removes it."""
        lines = [(self._log.at(file, offset), mark, (file, offset)) for file, offset, mark in found]
        present = self.moves.with_present_path
        read = [
            Entry(present(line), mark, at) for line, mark, at in lines if isinstance(line, Record)
        ]
        if len(read) == len(found):
            return read
        self._index.discard()
        return None

    def _scan(self, query: Query) -> list[Entry]:
        """Read the whole log, which takes longer than the index, unless all of it is wanted."""
        records: dict[str, tuple[Record, tuple[str, int]]] = {}
        marks: dict[str, str] = {}
        for place, line in self._log.read():
            if isinstance(line, Mark):
                marks[line.id] = line.mark
            elif query.fits(line := self.moves.with_present_path(line)):
                records[line.id] = line, place[:2]
        return [Entry(one, marks.get(one.id, ""), at) for one, at in records.values()]


def is_gone(path: Path) -> bool:
    """Tell whether a folder is there, and nothing of this name in it."""
    return path.parent.is_dir() and not os.path.lexists(path)


def told_by(record: Record) -> str:
    """Ask a file itself what became of a change: its state."""
    path = Path(files.unescape(record.path))
    try:
        if is_gone(path):
            found = NOTHING.sha256
        else:
            with access.opened(path) as handle:
                found = sums.whole(handle.fileno())
    except (OSError, Unreadable):
        return UNSURE
    return {record.new.sha256: DONE, record.old.sha256: VOID}.get(found, UNSURE)
