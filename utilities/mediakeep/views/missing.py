"""outputs/missing_albums.csv: what of all discographies is not here, one row each.

A view: it can be deleted at any time. A batch replaces the rows of the items settled since the
table was last written; where it is missing, was changed by hand, or is of another queue, all is
read anew.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import files
from mediakeep.item import Item, Status
from mediakeep.pages import cells
from mediakeep.queue.state import State
from mediakeep.views import review

FILE = "outputs/missing_albums.csv"
_NOTE = "missing_albums.json"  # beside the queue: as of which change the table is

Row = Mapping[str, Any]
Rows = Callable[[Item], Sequence[Row]]  # of one item, read from its outputs


class Note(msgspec.Struct, frozen=True):
    """As of which change of which queue the table is, and what tells that it is still ours."""

    lineage: str = ""
    seq: int = 0
    size: int = 0
    mtime_ns: int = 0


def update(home: Path, folder: Path, state: State, columns: Sequence[str], rows: Rows) -> None:
    """Bring the table up to date with a queue; `columns` begin with the one of the item's key."""
    path = home / FILE
    with files.locked(folder / "missing.lock"):
        note = _noted(folder / _NOTE)
        ours = note.lineage == review.lineage(state) and _stands(path, note)
        if ours and note.seq > state.seq:
            return  # another process knows more than this one
        known = _read(path, columns) if ours else {}
        fresh: list[list[str]] = []
        for key, item in state.items.items():
            if item.status is Status.SKIPPED or not item.processed_date:
                continue
            settled = not ours or item.settled > note.seq
            shown = cells.plain(key)
            fresh += _cells(columns, rows(item)) if settled else known.get(shown, [])
        if not (fresh or path.exists()):
            return  # nothing was ever looked up
        _write(path, table([list(columns), *fresh]))
        facts = path.stat()
        now = Note(review.lineage(state), state.seq, facts.st_size, facts.st_mtime_ns)
        files.write_atomic(folder / _NOTE, msgspec.json.encode(now), sync=False)


def _noted(path: Path) -> Note:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Note)
    except (OSError, msgspec.MsgspecError):
        return Note()


def _stands(path: Path, note: Note) -> bool:
    try:
        facts = path.stat()
    except OSError:
        return False
    return (facts.st_size, facts.st_mtime_ns) == (note.size, note.mtime_ns)


def _read(path: Path, columns: Sequence[str]) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream):
            if row and row != list(columns):
                found.setdefault(row[0], []).append(row)
    return found


def render(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Write rows as CSV below their columns; no cell is a formula."""
    return table([list(columns), *_cells(columns, rows)])


def table(cells: Iterable[Sequence[str]]) -> str:
    """Write cells as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(cells)
    return text.getvalue()


def _cells(columns: Sequence[str], rows: Iterable[Row]) -> list[list[str]]:
    return [[cells.plain(str(row.get(name, ""))) for name in columns] for row in rows]


def _write(path: Path, text: str) -> None:
    content = text.encode()
    if not path.exists() or path.read_bytes() != content:
        files.write_atomic(path, content)
