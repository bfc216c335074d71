"""What a person has filled in, in the list of movies that wait to be told which they are."""

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

_LARGEST = 64 << 20  # bytes of a file that a person has filled in
_DELIMITERS = ",;\t"
_FAULTS = 20  # that are told at once


class Chosen(msgspec.Struct, frozen=True):
    """What a person says of a movie; one of the two ids, and perhaps the other."""

    key: str
    tmdb_id: int = 0
    imdb_id: str = ""
    line: int = 0  # of the file


def filled(path: Path) -> dict[str, Cells]:
    """Read what the file holds of each movie; UsageFailed where it cannot be understood."""
    return {one[KEY]: one for _, one in _rows(path)}


def read_choices(path: Path) -> list[Chosen]:
    """Read the ids that a person has filled in; rows without one are passed over.

    UsageFailed names the file and every line that is wrong. An id may be the address of its page.
    """
    faults: list[str] = []
    found: dict[str, Chosen] = {}
    for number, row in _rows(path):
        if not is_filled(row):
            continue
        try:
            one = _chosen(number, row)
            if one.key in found:
                raise ValueError(f"{KEY} stands in line {found[one.key].line} already")
            found[one.key] = one
        except ValueError as error:
            faults.append(f"{files.display_path(path)}, line {number}: {error}.")
    if faults:
        more = [f"And {len(faults) - _FAULTS:,} more."] if len(faults) > _FAULTS else []
        raise UsageFailed("\n".join([*faults[:_FAULTS], *more, "Nothing was changed."]))
    return list(found.values())


def _chosen(number: int, row: Cells) -> Chosen:
    if not row[KEY]:
        raise ValueError(f"the column {KEY} is empty")
    tmdb, imdb = row.get(TMDB, "").strip(), row.get(IMDB, "").strip()
    tmdb_id, imdb_id = terms.read_tmdb_id(tmdb), terms.read_imdb_id(imdb)
    if tmdb and not tmdb_id:
        raise ValueError(f'"{files.printable(tmdb)}" is no id of TMDb, such as 603')
    if imdb and not imdb_id:
        raise ValueError(f'"{files.printable(imdb)}" is no id of IMDb, such as tt0133093')
    return Chosen(row[KEY], tmdb_id, imdb_id, number)


def _rows(path: Path) -> Iterator[tuple[int, Cells]]:
    """Give the rows with the line that each begins on."""
    name, text = files.escape(path), _text(path)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    line = 1
    try:
        for told in reader:
            if not columns:
                columns = [one.strip() for one in told]
                _check(name, columns)
            elif any(told):
                row = {column: bare(cell) for column, cell in zip(columns, told, strict=False)}
                yield line, {KEY: "", **row}
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageFailed(f"{name}, line {reader.line_num}: {error}.") from error
    _check(name, columns)  # there may have been no row at all


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
        raise UsageFailed(f"{name}, line {line}: it is not UTF-8. Save it as CSV UTF-8.") from error
