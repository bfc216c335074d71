"""Read and write outputs/movies_failed_lookups.csv, the movies that the user has to identify.

The last two columns are for the user: a TMDb or IMDb ID. Entered IDs stay when the file is
rewritten, until they have been read; so do columns added by the user.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from mediakeep import files
from mediakeep.movies.outputs.entry import Choice, Record

FILE = "outputs/movies_failed_lookups.csv"

KEY, TMDB, IMDB = "key", "tmdb_id", "imdb_id"
_CANDIDATES = 3
COLUMNS = (
    KEY,
    "title",
    "year",
    "match",
    "reason",
    *(f"candidate_{n}{end}" for n in range(1, _CANDIDATES + 1) for end in ("", "_tmdb_id")),
    TMDB,
    IMDB,
)

_WAITING = ("review", "unmatched")
_REASONS = ("name-not-parsed", "no-match", "ambiguous-match", "removed-id", "id-conflict")
# An escaped cell starts with an apostrophe; a text that already looks escaped gets another one.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
Cells = dict[str, str]  # by column


def cells(record: Record) -> Cells | None:
    """Return the row of a movie, or None if it does not need to be identified."""
    match = record.match
    if match.match not in _WAITING:
        return None
    row = {
        KEY: record.key,
        "title": record.name.title,
        "year": str(record.name.year or ""),
        "match": match.match,
        "reason": _reason(record),
    }
    for number, candidate in enumerate(match.candidates[:_CANDIDATES], 1):
        row[f"candidate_{number}"] = _candidate(candidate)
        row[f"candidate_{number}_tmdb_id"] = str(candidate.tmdb_id)
    return row


def merged(fresh: Sequence[Cells], before: Mapping[str, Cells], read: Iterable[str]) -> list[Cells]:
    """Merge what the user has entered into the new rows.

    For movies that do not wait any more, it is kept unless they are among the `read` keys.
    """
    rows = [_kept(row, before.get(row[KEY], {})) for row in fresh]
    new_keys, read_keys = {row[KEY] for row in fresh}, set(read)
    remaining = (key for key in before if key not in new_keys and key not in read_keys)
    return [*rows, *(before[key] for key in remaining if is_filled(before[key]))]


def render(rows: Sequence[Cells]) -> str:
    """Return the file content; unknown columns come last."""
    more = (name for row in rows for name in row if name not in COLUMNS)
    columns = [*COLUMNS, *dict.fromkeys(more)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([guarded(row.get(name, "")) for name in columns] for row in rows)
    return text.getvalue()


def guarded(text: str) -> str:
    """Keep spreadsheets from running a text as a formula; `unescape_formula` reverts it."""
    return f"'{text}" if _FORMULA.match(text) else text


def bare(text: str) -> str:
    """Revert `escape_formula`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def is_filled(row: Cells) -> bool:
    """Return True if the user has entered an ID in a row."""
    return bool(row.get(TMDB, "").strip() or row.get(IMDB, "").strip())


def _kept(fresh: Cells, before: Cells) -> Cells:
    """Copy the user's columns of an old row to a new one."""
    user_columns = {name: text for name, text in before.items() if name not in COLUMNS[:-2]}
    return {**fresh, **user_columns}


def _reason(record: Record) -> str:
    issues = [issue for kind in _REASONS for issue in record.issues if issue.kind == kind]
    return "; ".join(": ".join(filter(None, (issue.kind, issue.detail))) for issue in issues)


def _candidate(candidate: Choice) -> str:
    year = f" ({candidate.year})" if candidate.year else ""
    by = f", by {candidate.director}" if candidate.director else ""
    return f"{files.printable(candidate.title)}{year}, {candidate.confidence:.2f}{by}"
