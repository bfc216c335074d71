"""Where files lie by now: folders that were renamed or moved since their changes were recorded.

A record tells the path that a file had, and is never rewritten. A scan that follows a renamed
folder, or a library to another place, notes it in `moves.jsonl`, in the order in which it happened.
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
    """A file or folder that has another path since a time; both paths are escaped.

    `item` and `renamed` are the key of its item before and afterwards, of that kind of `queue`;
    "" where the keys stayed, as in a library that was moved.
    """

    time: str
    queue: str
    old: str
    new: str
    item: str = ""
    renamed: str = ""


class MoveHistory:
    """The moves as one process knows them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{NAME}.jsonl"
        self._seen: _Stat | None = None
        self._moves: list[Move] = []

    @property
    def all(self) -> list[Move]:
        """All moves, the oldest first."""
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
        """Return a record with the path and the item that its file has by now."""
        for move in self.all:
            if record.queue != move.queue or record.time > move.time:
                continue
            path = _moved(record.path, move.old, move.new)
            item = move.renamed if move.item and record.item == move.item else record.item
            if (path, item) != (record.path, record.item):
                record = structs.replace(record, path=path, item=item)
        return record

    def path(self, path: str) -> str:
        """Return where a file lies by now whose path is an old one."""
        for move in self.all:
            path = _moved(path, move.old, move.new)
        return path

    def items(self, queue: str, keys: Iterable[str]) -> set[str]:
        """Return the keys that items have by now."""
        found = set(keys)
        for move in self.all:
            if move.queue == queue and move.item in found:
                found = found - {move.item} | {move.renamed}
        return found

    def queries_before_moves(self, query: Query) -> list[Query]:
        """Return what to ask of records as they were written, to find all that fit a query.

        More than those may be found.
        """
        found = [query]
        for move in reversed(self.all):
            found += [former for one in found if (former := _before(one, move)) != one]
        return list(dict.fromkeys(found))


def note(log: Log, moves: Sequence[Move]) -> None:
    """Note moves; RecordNotWritten where they cannot be.

    Noted twice in a row, as after a kill, they count once.
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
    """Keep the last of equal moves in a row: into a folder of its own, each would add one."""
    found: list[Move] = []
    for move in moves:
        if found and structs.replace(found[-1], time=move.time) == move:
            found.pop()
        found.append(move)
    return found


def _moved(path: str, old: str, new: str) -> str:
    if path == old:
        return new
    return f"{new}{path[len(old) :]}" if path.startswith(f"{old}/") else path


def _before(query: Query, move: Move) -> Query:
    """Return a query as it has to be asked of what was recorded before a move."""
    is_of = move.item and query.item == move.renamed and query.queue in ("", move.queue)
    below = query.below.rstrip("/")
    holds = below and f"{move.new}/".startswith(f"{below}/")
    return replace(
        query,
        item=move.item if is_of else query.item,
        path=_moved(query.path, move.new, move.old),
        file=_moved(query.file, move.new, move.old),
        below=move.old if holds else _moved(below, move.new, move.old),
    )
