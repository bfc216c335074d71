"""Write the tables of all movies: outputs/movies_library_scan.csv and movies_failed_lookups.csv.

1. Each movie's row is built from its record and cached; an unchanged record is not read again.
2. The tables are assembled from the rows in queue order, and written if they changed.

The tables and the cache can be deleted at any time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.errors import MediakeepError, UsageFailed
from mediakeep.item import Item, MovieItem, Status
from mediakeep.movies.outputs import choices, failed, record, rows
from mediakeep.movies.outputs.keeping import Kept, Row

SCAN = "outputs/movies_library_scan.csv"
FAILED = failed.FILE

_LOCK = "status/movies/tables.lock"
_KEPT = "status/cache/movie_tables.db"
_TRIES = 3

_CELLS = msgspec.json.Decoder(failed.Cells)


def update(home: Path, items: Mapping[str, Item]) -> list[str]:
    """Update both tables; return a sentence for each damaged file."""
    problems: list[str] = []
    files.make_folder((home / _LOCK).parent)
    files.make_folder((home / _KEPT).parent)
    with files.locked(home / _LOCK), Kept(home / _KEPT) as cache:
        all_rows = dict(_told(home, items, cache, problems))
        if not all_rows and not (home / SCAN).exists():
            return problems
        _write(home / SCAN, "".join([rows.header(), *(row.scan for row in all_rows.values())]))
        _write_failed(home, items, all_rows, problems)
    return problems


def _told(
    home: Path, items: Mapping[str, Item], cache: Kept, problems: list[str]
) -> Iterator[tuple[str, Row]]:
    """Yield the rows of all movies that have a record, and cache the new ones."""
    fresh: dict[str, Row] = {}
    folder = os.fspath(home / "outputs" / "movies")
    for key, item in items.items():
        if item.status is Status.SKIPPED or not item.output_name:
            continue
        name = item.output_name
        try:
            facts = os.stat(f"{folder}/{name}.json")  # noqa: PTH116 - five times as fast as Path.stat
        except OSError:
            continue
        row = cache.row(name)
        if row is None or (row.mtime, row.size) != (facts.st_mtime_ns, facts.st_size):
            row = fresh[name] = _made(home / record.place(name), facts, problems)
        if row.scan:
            yield key, row
    cache.keep(fresh)


def _made(path: Path, facts: os.stat_result, problems: list[str]) -> Row:
    """Build the rows of a movie; a damaged record has none."""
    try:
        movie = record.read(path)
    except MediakeepError as error:
        problems.append(str(error))
        return Row(-1, -1, "")
    waiting = failed.cells(movie)
    data = msgspec.json.encode(waiting) if waiting else b""
    return Row(facts.st_mtime_ns, facts.st_size, rows.row(movie), data)


def _write_failed(
    home: Path, items: Mapping[str, Item], all_rows: Mapping[str, Row], problems: list[str]
) -> None:
    path = home / FAILED
    chosen = {key for key, item in items.items() if _is_chosen(item)}
    settled = chosen | {key for key, item in items.items() if item.status is Status.SKIPPED}
    fresh = [
        _CELLS.decode(row.failed)
        for key, row in all_rows.items()
        if row.failed and key not in chosen
    ]
    for _ in range(_TRIES):  # the user may save it meanwhile
        version = _stand(path)
        wanted = failed.merged(fresh, _filled(path, problems), settled)
        if _stand(path) in (version, None):
            break
    if wanted or path.exists():
        _write(path, failed.render(wanted))


def _filled(path: Path, problems: list[str]) -> dict[str, failed.Cells]:
    """Read what the user has entered; a file that cannot be parsed is set aside."""
    if not path.exists():
        return {}
    try:
        return choices.filled(path)
    except UsageFailed as error:
        aside = _set_aside(path)
        problems.append(f"{error} It was set aside as {files.display_path(aside)}.")
        return {}


def _stand(path: Path) -> tuple[int, int, int] | None:
    """Return the state of a file, which changes with its content, or None if missing."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _is_chosen(item: Item) -> bool:
    """Return True if the queue already has the user's choice, and TMDb knows it."""
    if not isinstance(item, MovieItem) or item.match != "user":
        return False
    return item.lookup not in ("unsure", "unknown")


def _set_aside(path: Path) -> Path:
    """Rename a file that cannot be parsed, as the user's entries must not be lost."""
    number = 1
    while (aside := path.with_name(f"{path.stem}-aside-{number}{path.suffix}")).exists():
        number += 1
    path.rename(aside)
    return aside


def _write(path: Path, text: str) -> None:
    content = text.encode()
    if not path.exists() or path.read_bytes() != content:
        files.write_atomic(path, content)
