"""Update outputs/missing_albums.csv, a table of all albums and tracks that discographies lack.

The file can be deleted at any time. A batch only replaces the rows of items that were processed
since the last update. If the file is missing, was edited, or belongs to another queue, it is
rebuilt.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files
from mediakeep.item import Item, Status
from mediakeep.pages import csv_cell
from mediakeep.queue.state import QueueState
from mediakeep.untrusted_files import read_json
from mediakeep.views import review

FILE = "outputs/missing_albums.csv"
_VERSION_FILE = "missing_albums.json"  # next to the queue: the last change in the table

RowFields = Mapping[str, Any]
RowReader = Callable[[Item], Sequence[RowFields]]  # reads the rows of an item from its outputs


class TableVersion(msgspec.Struct, frozen=True):
    """The state of the queue from which the table was written.

    `size` and `mtime` of the file reveal later edits.
    """

    lineage: str = ""
    seq: int = 0
    size: int = 0
    mtime_ns: int = 0


def update_missing_albums_table(
    home: Path, folder: Path, state: QueueState, columns: Sequence[str], rows: RowReader
) -> None:
    """Update the table of missing albums from a queue; the first column is the item's key.

    `rows` is a function that reads the rows of one item.
    """
    path = home / FILE
    with atomic_files.exclusive_lock(folder / "missing.lock"):
        version = read_json(folder / _VERSION_FILE, TableVersion) or TableVersion()
        is_current = version.lineage == review.queue_identity(state) and _is_unchanged(
            path, version
        )
        if is_current and version.seq > state.seq:
            return  # another process wrote a newer version
        old_rows = _read_rows(path, columns) if is_current else {}
        new_rows: list[list[str]] = []
        for key, item in state.items.items():
            if item.status is Status.SKIPPED or not item.processed_date:
                continue
            is_changed = not is_current or item.settled > version.seq
            shown_key = csv_cell.escape_formula(key)
            new_rows += (
                _format_cells(columns, rows(item)) if is_changed else old_rows.get(shown_key, [])
            )
        if not (new_rows or path.exists()):
            return  # no lookup has been made yet
        content = format_csv([list(columns), *new_rows]).encode()
        atomic_files.write_if_changed({path: content})
        stats = path.stat()
        new_version = TableVersion(
            review.queue_identity(state), state.seq, stats.st_size, stats.st_mtime_ns
        )
        atomic_files.write_atomic(
            folder / _VERSION_FILE, msgspec.json.encode(new_version), sync=False
        )


def _is_unchanged(path: Path, version: TableVersion) -> bool:
    try:
        stats = path.stat()
    except OSError:
        return False
    return (stats.st_size, stats.st_mtime_ns) == (version.size, version.mtime_ns)


def _read_rows(path: Path, columns: Sequence[str]) -> dict[str, list[list[str]]]:
    rows: dict[str, list[list[str]]] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream):
            if row and row != list(columns):
                rows.setdefault(row[0], []).append(row)
    return rows


def render_rows(columns: Sequence[str], rows: Iterable[RowFields]) -> str:
    """Return rows as CSV text with a header; spreadsheets do not take any cell as a formula."""
    return format_csv([list(columns), *_format_cells(columns, rows)])


def format_csv(cells: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(cells)
    return text.getvalue()


def _format_cells(columns: Sequence[str], rows: Iterable[RowFields]) -> list[list[str]]:
    return [[csv_cell.escape_formula(str(row.get(name, ""))) for name in columns] for row in rows]
