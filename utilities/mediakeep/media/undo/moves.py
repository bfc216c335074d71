"""Track files and folders that were renamed or moved after their changes were recorded.

An undo record keeps the path at the time of the change and is never rewritten. When a scan detects
a renamed folder or a moved library, it appends the move to `moves.jsonl`, in chronological order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep.media.undo.log import ChangeLog
from mediakeep.media.undo.record import ChangeRecord
from mediakeep.media.undo.record_index import RecordQuery

FILE_STEM = "moves"

_StatIdentity = tuple[int, int, int]


class PathMove(msgspec.Struct, frozen=True, kw_only=True, tag="move", tag_field="op"):
    """A recorded move of a file or folder; `old` and `new` are its escaped paths.

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
    """The recorded moves of files and folders; reloaded when their log file changes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{FILE_STEM}.jsonl"
        self._loaded: _StatIdentity | None = None
        self._moves: list[PathMove] = []

    @property
    def all_moves(self) -> list[PathMove]:
        """All recorded moves, oldest first."""
        try:
            facts = self._path.stat()
        except OSError:
            self._loaded, self._moves = None, []
            return self._moves
        seen = facts.st_ino, facts.st_size, facts.st_mtime_ns
        if seen != self._loaded:
            self._moves = _drop_repeats(_read_moves(self._path))
            self._loaded = seen
        return self._moves

    def update_record_path(self, record: ChangeRecord) -> ChangeRecord:
        """Return an undo record with the current path and item of its file."""
        for move in self.all_moves:
            if record.queue != move.queue or record.time > move.time:
                continue
            path = _move_path(record.path, move.old, move.new)
            item = move.renamed if move.item and record.item == move.item else record.item
            if (path, item) != (record.path, record.item):
                record = structs.replace(record, path=path, item=item)
        return record

    def present_path(self, path: str) -> str:
        """Return the current path of a file, given a path that it had earlier."""
        for move in self.all_moves:
            path = _move_path(path, move.old, move.new)
        return path

    def current_item_keys(self, queue: str, keys: Iterable[str]) -> set[str]:
        """Return the current keys of items, given keys that they had earlier."""
        present = set(keys)
        for move in self.all_moves:
            if move.queue == queue and move.item in present:
                present = present - {move.item} | {move.renamed}
        return present

    def expand_query_over_moves(self, query: RecordQuery) -> list[RecordQuery]:
        """Return queries that also find the records written before files were moved.

        Together they find all records that match `query` after the moves, and possibly more.
        """
        queries = [query]
        for move in reversed(self.all_moves):
            queries += [
                former for later in queries if (former := _query_before_move(later, move)) != later
            ]
        return list(dict.fromkeys(queries))


def append_moves(log: ChangeLog, moves: Sequence[PathMove]) -> None:
    """Append moves of files and folders to their log; raise RecordNotWritten if that fails.

    If the same move is repeated in a row, as after a kill, it counts once.
    """
    for move in moves:
        log.append(move, FILE_STEM, sync=True)


def _read_moves(path: Path) -> Iterable[PathMove]:
    decode = msgspec.json.Decoder(PathMove).decode
    for line in path.read_bytes().split(b"\n")[:-1]:
        try:
            yield decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):  # torn by a crash
            continue


def _drop_repeats(moves: Iterable[PathMove]) -> list[PathMove]:
    """Keep only the last of equal moves in a row.

    Otherwise a move of a folder into its own subfolder would apply twice.
    """
    result: list[PathMove] = []
    for move in moves:
        if result and structs.replace(result[-1], time=move.time) == move:
            result.pop()
        result.append(move)
    return result


def _move_path(path: str, old: str, new: str) -> str:
    if path == old:
        return new
    return f"{new}{path[len(old) :]}" if path.startswith(f"{old}/") else path


def _query_before_move(query: RecordQuery, move: PathMove) -> RecordQuery:
    """Return the query that finds the same files in records from before a move."""
    concerns_item = move.item and query.item == move.renamed and query.queue in ("", move.queue)
    below = query.below.rstrip("/")
    contains_move = below and f"{move.new}/".startswith(f"{below}/")
    return replace(
        query,
        item=move.item if concerns_item else query.item,
        path=_move_path(query.path, move.new, move.old),
        file=_move_path(query.file, move.new, move.old),
        below=move.old if contains_move else _move_path(below, move.new, move.old),
    )
