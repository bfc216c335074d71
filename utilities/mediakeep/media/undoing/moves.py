"""Track files and folders that were renamed or moved since their changes were recorded.

Records keep the path of their time and are never rewritten. When a scan detects a renamed folder or
a moved library, it appends the move to `moves.jsonl`, in chronological order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep.media.undoing.index import Query
from mediakeep.media.undoing.log import Log
from mediakeep.media.undoing.record import Record

NAME = "moves"

_Stat = tuple[int, int, int]


class Move(msgspec.Struct, frozen=True, kw_only=True, tag="move", tag_field="op"):
    """A move of a file or folder at a time; both paths are escaped.

    `item` and `renamed` are the old and new key of its item in `queue`; "" if the keys did not
    change, as when a library is moved.
    """

    time: str
    queue: str
    old: str
    new: str
    item: str = ""
    renamed: str = ""


class MoveHistory:
    """The moves as known by one process; reloaded when the file changes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{NAME}.jsonl"
        self._seen: _Stat | None = None
        self._moves: list[Move] = []

    @property
    def all(self) -> list[Move]:
        """All moves, oldest first."""
        try:
            facts = self._path.stat()
        except OSError:
            self._seen, self._moves = None, []
            return self._moves
        seen = facts.st_ino, facts.st_size, facts.st_mtime_ns
        if seen != self._seen:
            self._moves = _without_repeats(_read(self._path))
            self._seen = seen
        return self._moves

    def with_present_path(self, record: Record) -> Record:
        """Return a record with the current path and item of its file."""
        for move in self.all:
            if record.queue != move.queue or record.time > move.time:
                continue
            path = _moved(record.path, move.old, move.new)
            item = move.renamed if move.item and record.item == move.item else record.item
            if (path, item) != (record.path, record.item):
                record = structs.replace(record, path=path, item=item)
        return record

    def path(self, path: str) -> str:
        """Return the current path of a file, given an old one."""
        for move in self.all:
            path = _moved(path, move.old, move.new)
        return path

    def items(self, queue: str, keys: Iterable[str]) -> set[str]:
        """Return the current keys of items."""
        present = set(keys)
        for move in self.all:
            if move.queue == queue and move.item in present:
                present = present - {move.item} | {move.renamed}
        return present

    def queries_before_moves(self, query: Query) -> list[Query]:
        """Return the queries that find, in records as written, all that match a query.

        They may match more records than that.
        """
        queries = [query]
        for move in reversed(self.all):
            queries += [former for later in queries if (former := _before(later, move)) != later]
        return list(dict.fromkeys(queries))


def note(log: Log, moves: Sequence[Move]) -> None:
    """Append moves to the log; raise RecordNotWritten if that fails.

    A move repeated in a row, as after a kill, counts once.
    """
    for move in moves:
        log.append(move, NAME, sync=True)


def _read(path: Path) -> Iterable[Move]:
    decode = msgspec.json.Decoder(Move).decode
    for line in path.read_bytes().split(b"\n")[:-1]:
        try:
            yield decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):  # torn by a crash
            continue


def _without_repeats(moves: Iterable[Move]) -> list[Move]:
    """Keep the last of equal moves in a row: a move into its own subfolder would apply twice."""
    result: list[Move] = []
    for move in moves:
        if result and structs.replace(result[-1], time=move.time) == move:
            result.pop()
        result.append(move)
    return result


def _moved(path: str, old: str, new: str) -> str:
    if path == old:
        return new
    return f"{new}{path[len(old) :]}" if path.startswith(f"{old}/") else path


def _before(query: Query, move: Move) -> Query:
    """Return the query that matches the same files in records from before a move."""
    concerns_item = move.item and query.item == move.renamed and query.queue in ("", move.queue)
    below = query.below.rstrip("/")
    contains_move = below and f"{move.new}/".startswith(f"{below}/")
    return replace(
        query,
        item=move.item if concerns_item else query.item,
        path=_moved(query.path, move.new, move.old),
        file=_moved(query.file, move.new, move.old),
        below=move.old if contains_move else _moved(below, move.new, move.old),
    )
