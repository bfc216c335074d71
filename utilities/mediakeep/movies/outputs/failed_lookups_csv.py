"""Read and write outputs/movies_failed_lookups.csv, the movies that the user has to identify.

The last two columns are for the user: a TMDb or IMDb ID. Entered IDs stay when the file is
rewritten, until they have been read; so do columns added by the user.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.lookups.tmdb import constants
from mediakeep.movies.outputs.record_model import MovieRecord, RecordedCandidate

_MAX_BYTES = 64 << 20  # bytes of a list that the user has edited
_DELIMITERS = ",;\t"
_MAX_ERRORS = 20  # reported at once


class FilledChoice(msgspec.Struct, frozen=True):
    """The user's choice in the table of failed lookups: a TMDb ID, an IMDb ID or both."""

    key: str
    tmdb_id: int = 0
    imdb_id: str = ""
    line: int = 0  # line number in the file


def read_filled_rows(path: Path) -> dict[str, FailedLookupRow]:
    """Return the rows of the table of failed lookups by movie key.

    Raise UsageError if the file cannot be parsed.
    """
    return {row[KEY_COLUMN]: row for _, row in _read_rows(path)}


def read_choices(path: Path) -> list[FilledChoice]:
    """Return the IDs that the user has entered in the table of failed lookups.

    Rows without an ID are skipped. An ID may also be the URL of its page. Raise UsageError with
    the file and every invalid line.
    """
    problems: list[str] = []
    choices: dict[str, FilledChoice] = {}
    for number, row in _read_rows(path):
        if not has_entered_id(row):
            continue
        try:
            choice = _parse_choice(number, row)
            if choice.key in choices:
                raise ValueError(f"the {KEY_COLUMN} is already in line {choices[choice.key].line}")
            choices[choice.key] = choice
        except ValueError as error:
            problems.append(f"{path_text.display_path(path)}, line {number}: {error}.")
    if problems:
        summary = (
            [f"And {len(problems) - _MAX_ERRORS:,} more."] if len(problems) > _MAX_ERRORS else []
        )
        raise UsageError("\n".join([*problems[:_MAX_ERRORS], *summary, "Nothing was changed."]))
    return list(choices.values())


def _parse_choice(number: int, row: FailedLookupRow) -> FilledChoice:
    if not row[KEY_COLUMN]:
        raise ValueError(f"the column {KEY_COLUMN} is empty")
    tmdb, imdb = row.get(TMDB_COLUMN, "").strip(), row.get(IMDB_COLUMN, "").strip()
    tmdb_id, imdb_id = constants.parse_tmdb_id(tmdb), constants.parse_imdb_id(imdb)
    if tmdb and not tmdb_id:
        raise ValueError(f'"{path_text.to_printable(tmdb)}" is not a TMDb ID such as 603')
    if imdb and not imdb_id:
        raise ValueError(f'"{path_text.to_printable(imdb)}" is not an IMDb ID such as tt0133093')
    return FilledChoice(row[KEY_COLUMN], tmdb_id, imdb_id, number)


def _read_rows(path: Path) -> Iterator[tuple[int, FailedLookupRow]]:
    """Yield the rows of the table of failed lookups, each with the number of its first line."""
    name, text = path_text.escape_path(path), _read_text(path)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    line = 1
    try:
        for cells in reader:
            if not columns:
                columns = [cell.strip() for cell in cells]
                _check_header(name, columns)
            elif any(cells):
                row = {
                    column: unescape_formula(cell)
                    for column, cell in zip(columns, cells, strict=False)
                }
                yield line, {KEY_COLUMN: "", **row}
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{name}, line {reader.line_num}: {error}.") from error
    _check_header(name, columns)  # the file may be empty


def _check_header(name: str, columns: Sequence[str]) -> None:
    if columns.count(KEY_COLUMN) != 1 or not {TMDB_COLUMN, IMDB_COLUMN} & set(columns):
        raise UsageError(
            f"{name}, line 1: the first row must name the columns {KEY_COLUMN}, {TMDB_COLUMN} "
            f"and {IMDB_COLUMN}."
        )


def _read_text(path: Path) -> str:
    name = path_text.escape_path(path)
    try:
        with path.open("rb") as handle:
            data = handle.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}.") from error
    if len(data) > _MAX_BYTES:
        raise UsageError(f"{name} is too large for a list of movies.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{name}, line {line}: not UTF-8. Save the file as CSV UTF-8.") from error


CSV_PATH = "outputs/movies_failed_lookups.csv"

KEY_COLUMN, TMDB_COLUMN, IMDB_COLUMN = "key", "tmdb_id", "imdb_id"
_MAX_CANDIDATES = 3
COLUMNS = (
    KEY_COLUMN,
    "title",
    "year",
    "match",
    "reason",
    *(f"candidate_{n}{end}" for n in range(1, _MAX_CANDIDATES + 1) for end in ("", "_tmdb_id")),
    TMDB_COLUMN,
    IMDB_COLUMN,
)

_OPEN_STATUSES = ("review", "unmatched")
_REASON_KINDS = ("name-not-parsed", "no-match", "ambiguous-match", "removed-id", "id-conflict")
# An escaped cell starts with an apostrophe; a text that already looks escaped gets another one.
_FORMULA_PATTERN = re.compile(r"'*[=+\-@\t\r]")
FailedLookupRow = dict[str, str]  # by column


def build_row(record: MovieRecord) -> FailedLookupRow | None:
    """Return a movie's row for the table of failed lookups.

    Return None if the movie does not need to be identified.
    """
    match = record.match
    if match.match not in _OPEN_STATUSES:
        return None
    row = {
        KEY_COLUMN: record.key,
        "title": record.name.title,
        "year": str(record.name.year or ""),
        "match": match.match,
        "reason": _format_reason(record),
    }
    for number, candidate in enumerate(match.candidates[:_MAX_CANDIDATES], 1):
        row[f"candidate_{number}"] = _format_candidate(candidate)
        row[f"candidate_{number}_tmdb_id"] = str(candidate.tmdb_id)
    return row


def merge_rows(
    fresh: Sequence[FailedLookupRow], before: Mapping[str, FailedLookupRow], read: Iterable[str]
) -> list[FailedLookupRow]:
    """Copy what the user has entered in old rows into the new rows of failed lookups.

    Old entries for movies that are not in the new rows are kept, unless their keys are in `read`.
    """
    rows = [_carry_over(row, before.get(row[KEY_COLUMN], {})) for row in fresh]
    new_keys, read_keys = {row[KEY_COLUMN] for row in fresh}, set(read)
    remaining = (key for key in before if key not in new_keys and key not in read_keys)
    return [*rows, *(before[key] for key in remaining if has_entered_id(before[key]))]


def render_csv(rows: Sequence[FailedLookupRow]) -> str:
    """Return the content of the table of failed lookups; columns added by the user come last."""
    user_columns = (name for row in rows for name in row if name not in COLUMNS)
    columns = [*COLUMNS, *dict.fromkeys(user_columns)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([escape_formula(row.get(name, "")) for name in columns] for row in rows)
    return text.getvalue()


def escape_formula(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula.

    `unescape_formula` reverts it.
    """
    return f"'{text}" if _FORMULA_PATTERN.match(text) else text


def unescape_formula(text: str) -> str:
    """Return the text that `escape_formula` has escaped."""
    return text[1:] if text.startswith("'") and _FORMULA_PATTERN.match(text) else text


def has_entered_id(row: FailedLookupRow) -> bool:
    """Return True if the user has entered an ID in a row of the failed lookups."""
    return bool(row.get(TMDB_COLUMN, "").strip() or row.get(IMDB_COLUMN, "").strip())


def _carry_over(fresh: FailedLookupRow, before: FailedLookupRow) -> FailedLookupRow:
    """Copy the columns that belong to the user from an old row to a new one."""
    user_columns = {name: text for name, text in before.items() if name not in COLUMNS[:-2]}
    return {**fresh, **user_columns}


def _format_reason(record: MovieRecord) -> str:
    issues = [issue for kind in _REASON_KINDS for issue in record.issues if issue.kind == kind]
    return "; ".join(": ".join(filter(None, (issue.kind, issue.detail))) for issue in issues)


def _format_candidate(candidate: RecordedCandidate) -> str:
    year = f" ({candidate.year})" if candidate.year else ""
    by = f", by {candidate.director}" if candidate.director else ""
    return f"{path_text.to_printable(candidate.title)}{year}, {candidate.confidence:.2f}{by}"
