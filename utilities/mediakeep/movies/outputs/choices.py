"""Read the IDs that the user has entered in the list of failed lookups."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.errors import UsageFailed
from mediakeep.lookups.tmdb import terms
from mediakeep.movies.outputs.failed import IMDB, KEY, TMDB, Cells, bare, is_filled

_LARGEST = 64 << 20  # bytes of a list that the user has edited
_DELIMITERS = ",;\t"
_FAULTS = 20  # reported at once


class Chosen(msgspec.Struct, frozen=True):
    """The user's choice for a movie: one of the two IDs, or both."""

    key: str
    tmdb_id: int = 0
    imdb_id: str = ""
    line: int = 0  # in the file


def filled(path: Path) -> dict[str, Cells]:
    """Return the rows of the file by movie key. Raise UsageFailed if it cannot be parsed."""
    return {row[KEY]: row for _, row in _rows(path)}


def read_choices(path: Path) -> list[Chosen]:
    """Read the IDs that the user has entered; rows without one are skipped.

    An ID may also be the URL of its page. Raise UsageFailed with the file and every invalid line.
    """
    problems: list[str] = []
    choices: dict[str, Chosen] = {}
    for number, row in _rows(path):
        if not is_filled(row):
            continue
        try:
            choice = _chosen(number, row)
            if choice.key in choices:
                raise ValueError(f"the {KEY} is already in line {choices[choice.key].line}")
            choices[choice.key] = choice
        except ValueError as error:
            problems.append(f"{files.display_path(path)}, line {number}: {error}.")
    if problems:
        more = [f"And {len(problems) - _FAULTS:,} more."] if len(problems) > _FAULTS else []
        raise UsageFailed("\n".join([*problems[:_FAULTS], *more, "Nothing was changed."]))
    return list(choices.values())


def _chosen(number: int, row: Cells) -> Chosen:
    if not row[KEY]:
        raise ValueError(f"the column {KEY} is empty")
    tmdb, imdb = row.get(TMDB, "").strip(), row.get(IMDB, "").strip()
    tmdb_id, imdb_id = terms.read_tmdb_id(tmdb), terms.read_imdb_id(imdb)
    if tmdb and not tmdb_id:
        raise ValueError(f'"{files.printable(tmdb)}" is not a TMDb ID such as 603')
    if imdb and not imdb_id:
        raise ValueError(f'"{files.printable(imdb)}" is not an IMDb ID such as tt0133093')
    return Chosen(row[KEY], tmdb_id, imdb_id, number)


def _rows(path: Path) -> Iterator[tuple[int, Cells]]:
    """Yield the rows with the number of their first line."""
    name, text = files.escape(path), _text(path)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    line = 1
    try:
        for cells in reader:
            if not columns:
                columns = [cell.strip() for cell in cells]
                _check(name, columns)
            elif any(cells):
                row = {column: bare(cell) for column, cell in zip(columns, cells, strict=False)}
                yield line, {KEY: "", **row}
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageFailed(f"{name}, line {reader.line_num}: {error}.") from error
    _check(name, columns)  # the file may be empty


def _check(name: str, columns: Sequence[str]) -> None:
    if columns.count(KEY) != 1 or not {TMDB, IMDB} & set(columns):
        raise UsageFailed(
            f"{name}, line 1: the first row must name the columns {KEY}, {TMDB} and {IMDB}."
        )


def _text(path: Path) -> str:
    name = files.escape(path)
    try:
        with path.open("rb") as handle:
            data = handle.read(_LARGEST + 1)
    except OSError as error:
        raise UsageFailed(f"{name}: {error.strerror}.") from error
    if len(data) > _LARGEST:
        raise UsageFailed(f"{name} is too large for a list of movies.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageFailed(f"{name}, line {line}: not UTF-8. Save the file as CSV UTF-8.") from error
