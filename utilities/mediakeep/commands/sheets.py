"""Lists of changes: a CSV with a row a file, or a JSON list, as the orders that they stand for."""

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

REMOVE = "[remove]"  # a cell that takes the field away

_PATH = "path"
_DELIMITERS = ",;\t"
_GUARDED = ("'=", "'+", "'-", "'@")  # as our own CSV keeps a cell from being run as a formula

Values = tuple[str, ...]
Given = str | int | list[str | int] | None  # what JSON may say of a field


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of the JSON list: a file or folder, and what its fields are to hold."""

    path: str
    fields: dict[str, Given]


@dataclass(frozen=True)
class Row:
    """What a list says of a path, and where it does; no values take a field away."""

    where: str
    path: str
    fields: dict[str, Values]


Read = Callable[[Path, Faults], Iterable[Row]]


def orders(path: Path, read: Read, finder: Finder, *, yes: bool) -> Orders:
    """Read a list and check all of it; UsageFailed tells everything that is wrong with it."""
    faults, found = Faults(files.escape(path)), Orders()
    for row in read(path, faults):
        with faults.at(row.where):
            reason = f"{wording.BY_HAND}: {files.display_path(path.name)}, {row.where}"
            edits = [
                edit
                for field, values in row.fields.items()
                for edit in wording.edits(field, values, reason)
            ]
            some = targets.tracks(finder.find(row.path), finder.ignored)
            wording.check_single(row.fields, len(some), yes=yes)
            for file in some:
                found.add(file, edits)
    faults.refuse()
    return found


def from_json(path: Path, faults: Faults) -> Iterator[Row]:
    """Read a list such as [{"path": "a.mp3", "fields": {"genre": ["Folk", "Rock"]}}].

    A null, an empty text and an empty list take a field away.
    """
    for where, one in lists.entries(path, Entry, faults):
        yield Row(where, one.path, {field: _listed(value) for field, value in one.fields.items()})


def from_csv(path: Path, faults: Faults) -> Iterator[Row]:
    """Read a table whose first row names its columns: path, and fields.

    An empty cell leaves a field as it is. A field of several values has several columns. The
    delimiter may be a semicolon or a tab, as some spreadsheets write it.
    """
    (_, header), *rows = _table(path)
    with faults.at("line 1"):
        columns = _columns(header)
    faults.refuse()
    for line, cells in rows:
        with faults.at(f"line {line}"):
            yield _row(line, columns, cells)


def _table(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows that hold anything, each with the line that it begins on."""
    content = lists.text(path)
    first = content.partition("\n")[0]
    delimiter = next((one for one in _DELIMITERS if one in first), ",")
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    rows, line = [], 1
    try:
        for cells in reader:
            rows += [(line, cells)] if any(cells) else []
            line = reader.line_num + 1
    except csv.Error as error:
        name = files.escape(path)
        raise UsageFailed(f"{name} is no CSV: line {reader.line_num}: {error}.") from error
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
    found: dict[str, list[str]] = {}
    for name, cell in itertools.zip_longest(columns, cells, fillvalue=""):
        if cell and not name:
            raise UsageFailed(f'"{files.printable(cell)}" stands in a column without a name.')
        if cell:
            found.setdefault(name, []).append(cell[1:] if cell.startswith(_GUARDED) else cell)
    path = found.pop(_PATH, [""])[0]
    return Row(f"line {line}", path, {name: _kept(name, cells) for name, cells in found.items()})


def _kept(name: str, cells: list[str]) -> Values:
    if REMOVE not in cells:
        return tuple(cells)
    if len(cells) > 1:
        raise UsageFailed(f"{name} is to be taken away and to be written.")
    return ()


def _listed(value: Given) -> Values:
    if value is None or value == "":
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
