"""outputs/movies_failed_lookups.csv: the movies that wait for a person to say which they are.

The last two columns are for that person: an id of TMDb or of IMDb, by hand. What was filled in
stays when the file is written anew, until it was read; so do columns of the person's own.
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
# As our own rows keep a cell from being run as a formula; a text that looks so has one more.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
Cells = dict[str, str]  # by column


def cells(record: Record) -> Cells | None:
    """Return the row of a movie; None for one that waits for nobody."""
    match = record.match
    if match.match not in _WAITING:
        return None
    found = {
        KEY: record.key,
        "title": record.name.title,
        "year": str(record.name.year or ""),
        "match": match.match,
        "reason": _reason(record),
    }
    for number, one in enumerate(match.candidates[:_CANDIDATES], 1):
        found[f"candidate_{number}"] = _candidate(one)
        found[f"candidate_{number}_tmdb_id"] = str(one.tmdb_id)
    return found


def merged(fresh: Sequence[Cells], before: Mapping[str, Cells], read: Iterable[str]) -> list[Cells]:
    """Put what a person has filled in before into the new rows.

    Of movies that wait no more what was filled in is kept, unless they are among the `read`.
    """
    rows = [_kept(one, before.get(one[KEY], {})) for one in fresh]
    here, done = {one[KEY] for one in fresh}, set(read)
    left = (key for key in before if key not in here and key not in done)
    return [*rows, *(before[key] for key in left if is_filled(before[key]))]


def render(rows: Sequence[Cells]) -> str:
    """Write the file; columns that are not ours come last."""
    more = (name for one in rows for name in one if name not in COLUMNS)
    columns = [*COLUMNS, *dict.fromkeys(more)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([guarded(one.get(name, "")) for name in columns] for one in rows)
    return text.getvalue()


def guarded(text: str) -> str:
    """Keep a text from being taken for a formula, so that `bare` gives it back."""
    return f"'{text}" if _FORMULA.match(text) else text


def bare(text: str) -> str:
    """Give back what `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def is_filled(row: Cells) -> bool:
    """Tell whether a person has put an id into a row."""
    return bool(row.get(TMDB, "").strip() or row.get(IMDB, "").strip())


def _kept(fresh: Cells, before: Cells) -> Cells:
    """Give a new row what is a person's in the old one."""
    own = {name: text for name, text in before.items() if name not in COLUMNS[:-2]}
    return {**fresh, **own}


def _reason(record: Record) -> str:
    told = [one for kind in _REASONS for one in record.issues if one.kind == kind]
    return "; ".join(": ".join(filter(None, (one.kind, one.detail))) for one in told)


def _candidate(one: Choice) -> str:
    year = f" ({one.year})" if one.year else ""
    by = f", by {one.director}" if one.director else ""
    return f"{files.printable(one.title)}{year}, {one.confidence:.2f}{by}"
