"""Lists of edits: a CSV with one row per file, or a JSON list."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.commands import lists, targets, wording
from mediakeep.commands.lists import Faults
from mediakeep.commands.orders import Orders
from mediakeep.commands.targets import Finder
from mediakeep.errors import UsageFailed

REMOVE = "[remove]"  # a cell that removes the field

_PATH = "path"
_DELIMITERS = ",;\t"
_GUARDED = ("'=", "'+", "'-", "'@")  # as our CSV files protect cells from being run as formulas

Values = tuple[str, ...]
Given = str | int | list[str | int] | None  # values of a field in JSON


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of the JSON list: a file or folder, and the new values of its fields."""

    path: str
    fields: dict[str, Given]


@dataclass(frozen=True)
class Row:
    """The new values for a path, and where in the list it is; no values remove a field."""

    where: str
    path: str
    fields: dict[str, Values]


Read = Callable[[Path, Faults], Iterable[Row]]


def orders(path: Path, read: Read, finder: Finder, *, yes: bool) -> Orders:
    """Read and check a whole list; raise UsageError with all errors in it."""
    errors, collected = Faults(files.escape(path)), Orders()
    for row in read(path, errors):
        with errors.at(row.where):
            reason = f"{wording.BY_HAND}: {files.display_path(path.name)}, {row.where}"
            edits = [
                edit
                for field, values in row.fields.items()
                for edit in wording.edits(field, values, reason)
            ]
            paths = targets.tracks(finder.find(row.path), finder.ignored)
            wording.check_single(row.fields, len(paths), yes=yes)
            for file in paths:
                collected.add(file, edits)
    errors.refuse()
    return collected


def from_json(path: Path, errors: Faults) -> Iterator[Row]:
    """Read a list such as [{"path": "a.mp3", "fields": {"genre": ["Folk", "Rock"]}}].

    A null, an empty string or an empty list removes a field.
    """
    for where, entry in lists.entries(path, Entry, errors):
        yield Row(
            where, entry.path, {field: _listed(value) for field, value in entry.fields.items()}
        )


def from_csv(path: Path, errors: Faults) -> Iterator[Row]:
    """Read a table whose first row names its columns: path, and fields.

    An empty cell leaves a field unchanged. A field with several values has several columns. The
    delimiter may also be a semicolon or a tab, as some spreadsheets write it.
    """
    (_, header), *rows = _table(path)
    with errors.at("line 1"):
        columns = _columns(header)
    errors.refuse()
    for line, cells in rows:
        with errors.at(f"line {line}"):
            yield _row(line, columns, cells)


def _table(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with the number of its first line."""
    content = lists.text(path)
    first = content.partition("\n")[0]
    delimiter = next((mark for mark in _DELIMITERS if mark in first), ",")
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    rows, line = [], 1
    try:
        for cells in reader:
            rows += [(line, cells)] if any(cells) else []
            line = reader.line_num + 1
    except csv.Error as error:
        name = files.escape(path)
        raise UsageFailed(f"{name} is not valid CSV: line {reader.line_num}: {error}.") from error
    return rows or [(1, [])]


def _columns(header: list[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    if names.count(_PATH) != 1:
        raise UsageFailed("the first row must name the columns: path, and fields.")
    for name in filter(None, names):
        if name != _PATH:
            wording.field(name)
    return names


def _row(line: int, columns: list[str], cells: list[str]) -> Row:
    fields: dict[str, list[str]] = {}
    for name, cell in itertools.zip_longest(columns, cells, fillvalue=""):
        if cell and not name:
            raise UsageFailed(f'"{files.printable(cell)}" is in a column without a name.')
        if cell:
            fields.setdefault(name, []).append(cell[1:] if cell.startswith(_GUARDED) else cell)
    path = fields.pop(_PATH, [""])[0]
    return Row(f"line {line}", path, {name: _kept(name, cells) for name, cells in fields.items()})


def _kept(name: str, cells: list[str]) -> Values:
    if REMOVE not in cells:
        return tuple(cells)
    if len(cells) > 1:
        raise UsageFailed(f"{name} cannot be both removed and set.")
    return ()


def _listed(value: Given) -> Values:
    if value is None or value == "":
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
