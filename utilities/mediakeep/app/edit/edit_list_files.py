"""Lists of edits: a CSV with one row per file, or a JSON list."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.app.edit import audio_targets, field_values, list_files
from mediakeep.app.edit.audio_targets import AudioFileFinder
from mediakeep.app.edit.file_edits import FileEdits
from mediakeep.app.edit.list_files import InputErrors
from mediakeep.errors import UsageError

REMOVE = "[remove]"  # a cell that removes the field

_PATH = "path"
_DELIMITERS = ",;\t"
_FORMULA_GUARDS = (
    "'=",
    "'+",
    "'-",
    "'@",
)  # as our CSV files protect cells from being run as formulas

FieldValues = tuple[str, ...]
JsonFieldValue = str | int | list[str | int] | None  # values of a field in JSON


class JsonEdit(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of the JSON list: a file or folder, and the new values of its fields."""

    path: str
    fields: dict[str, JsonFieldValue]


@dataclass(frozen=True)
class CsvRow:
    """The new values for a path, and where in the list it is; no values remove a field."""

    location: str
    path: str
    fields: dict[str, FieldValues]


RowReader = Callable[[Path, InputErrors], Iterable[CsvRow]]


def read_edits(path: Path, read: RowReader, finder: AudioFileFinder, *, yes: bool) -> FileEdits:
    """Read and check a whole list; raise UsageError with all errors in it."""
    errors, collected = InputErrors(path_text.escape_path(path)), FileEdits()
    for row in read(path, errors):
        with errors.collect_at(row.location):
            reason = f"{field_values.BY_HAND}: {path_text.display_path(path.name)}, {row.location}"
            edits = [
                edit
                for field, values in row.fields.items()
                for edit in field_values.build_edits(field, values, reason)
            ]
            paths = audio_targets.find_tracks(finder.find_path(row.path), finder.ignored)
            field_values.check_not_shared(row.fields, len(paths), yes=yes)
            for file in paths:
                collected.add(file, edits)
    errors.raise_if_any()
    return collected


def read_json_rows(path: Path, errors: InputErrors) -> Iterator[CsvRow]:
    """Read a list such as [{"path": "a.mp3", "fields": {"genre": ["Folk", "Rock"]}}].

    A null, an empty string or an empty list removes a field.
    """
    for where, entry in list_files.read_json_entries(path, JsonEdit, errors):
        yield CsvRow(
            where,
            entry.path,
            {field: _parse_json_value(value) for field, value in entry.fields.items()},
        )


def read_csv_rows(path: Path, errors: InputErrors) -> Iterator[CsvRow]:
    """Read a table whose first row names its columns: path, and fields.

    An empty cell leaves a field unchanged. A field with several values has several columns. The
    delimiter may also be a semicolon or a tab, as some spreadsheets write it.
    """
    (_, header), *rows = _read_csv_table(path)
    with errors.collect_at("line 1"):
        columns = _parse_header(header)
    errors.raise_if_any()
    for line, cells in rows:
        with errors.collect_at(f"line {line}"):
            yield _parse_row(line, columns, cells)


def _read_csv_table(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with the number of its first line."""
    content = list_files.read_text(path)
    first = content.partition("\n")[0]
    delimiter = next((mark for mark in _DELIMITERS if mark in first), ",")
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    rows, line = [], 1
    try:
        for cells in reader:
            rows += [(line, cells)] if any(cells) else []
            line = reader.line_num + 1
    except csv.Error as error:
        name = path_text.escape_path(path)
        raise UsageError(f"{name} is not valid CSV: line {reader.line_num}: {error}.") from error
    return rows or [(1, [])]


def _parse_header(header: list[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    if names.count(_PATH) != 1:
        raise UsageError("the first row must name the columns: path, and fields.")
    for name in filter(None, names):
        if name != _PATH:
            field_values.resolve_field(name)
    return names


def _parse_row(line: int, columns: list[str], cells: list[str]) -> CsvRow:
    fields: dict[str, list[str]] = {}
    for name, cell in itertools.zip_longest(columns, cells, fillvalue=""):
        if cell and not name:
            raise UsageError(f'"{path_text.to_printable(cell)}" is in a column without a name.')
        if cell:
            fields.setdefault(name, []).append(
                cell[1:] if cell.startswith(_FORMULA_GUARDS) else cell
            )
    path = fields.pop(_PATH, [""])[0]
    return CsvRow(
        f"line {line}", path, {name: _parse_cells(name, cells) for name, cells in fields.items()}
    )


def _parse_cells(name: str, cells: list[str]) -> FieldValues:
    if REMOVE not in cells:
        return tuple(cells)
    if len(cells) > 1:
        raise UsageError(f"{name} cannot be both removed and set.")
    return ()


def _parse_json_value(value: JsonFieldValue) -> FieldValues:
    if value is None or value == "":
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
