"""Write the tables of all movies: outputs/movies_library_scan.csv and movies_failed_lookups.csv.

1. Each movie's row is built from its record and cached with the stat values of the record; an
   unchanged record is not read again.
2. The tables are assembled from the rows in queue order, and written if they changed.

The tables and the cache can be deleted at any time: damaged rows are dropped, and without a
writable file nothing is cached.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.errors import MediakeepError, UsageError
from mediakeep.item import Item, Status
from mediakeep.movies.item import MovieItem
from mediakeep.movies.outputs import csv_rows, failed_lookups_csv, movie_record
from mediakeep.sqlite import row_checksum
from mediakeep.sqlite.disposable import DisposableSqlite

SCAN_CSV = "outputs/movies_library_scan.csv"
FAILED_LOOKUPS_CSV = failed_lookups_csv.CSV_PATH

_LOCK_PATH = "status/movies/tables.lock"
_CACHE_PATH = "status/cache/movie_tables.db"
_MAX_TRIES = 3

_ROW_DECODER = msgspec.json.Decoder(failed_lookups_csv.FailedLookupRow)
_CACHE_VERSION = 1  # increment if the rows of a record change
_SCHEMA = "CREATE TABLE rows (name TEXT PRIMARY KEY, row BLOB) WITHOUT ROWID"


def update_tables(home: Path, items: Mapping[str, Item]) -> list[str]:
    """Update both CSV tables of a movie library; return a sentence for each damaged file."""
    problems: list[str] = []
    atomic_files.make_folder((home / _LOCK_PATH).parent)
    atomic_files.make_folder((home / _CACHE_PATH).parent)
    with atomic_files.exclusive_lock(home / _LOCK_PATH), RowCache(home / _CACHE_PATH) as cache:
        all_rows = dict(_collect_rows(home, items, cache, problems))
        if not all_rows and not (home / SCAN_CSV).exists():
            return problems
        table = "".join([csv_rows.format_header(), *(row.scan for row in all_rows.values())])
        atomic_files.write_if_changed({home / SCAN_CSV: table.encode()})
        _write_failed_lookups(home, items, all_rows, problems)
    return problems


def _collect_rows(
    home: Path, items: Mapping[str, Item], cache: RowCache, problems: list[str]
) -> Iterator[tuple[str, CachedRow]]:
    """Yield the CSV rows of all movies that have a record, and cache the new rows."""
    fresh: dict[str, CachedRow] = {}
    folder = os.fspath(home / "outputs" / "movies")
    for key, item in items.items():
        if item.status is Status.SKIPPED or not item.output_name:
            continue
        name = item.output_name
        try:
            facts = os.stat(f"{folder}/{name}.json")  # noqa: PTH116 - five times as fast as Path.stat
        except OSError:
            continue
        row = cache.get(name)
        if row is None or (row.mtime, row.size) != (facts.st_mtime_ns, facts.st_size):
            row = fresh[name] = _build_rows(home / movie_record.record_place(name), facts, problems)
        if row.scan:
            yield key, row
    cache.store(fresh)


def _build_rows(path: Path, facts: os.stat_result, problems: list[str]) -> CachedRow:
    """Build the CSV rows of a movie from its record; a damaged record has none.

    `problems` gets a sentence for a damaged record.
    """
    try:
        movie = movie_record.read(path)
    except MediakeepError as error:
        problems.append(str(error))
        return CachedRow(-1, -1, "")
    waiting = failed_lookups_csv.build_row(movie)
    data = msgspec.json.encode(waiting) if waiting else b""
    return CachedRow(facts.st_mtime_ns, facts.st_size, csv_rows.format_row(movie), data)


def _write_failed_lookups(
    home: Path, items: Mapping[str, Item], all_rows: Mapping[str, CachedRow], problems: list[str]
) -> None:
    path = home / FAILED_LOOKUPS_CSV
    chosen = {key for key, item in items.items() if _is_chosen(item)}
    settled = chosen | {key for key, item in items.items() if item.status is Status.SKIPPED}
    fresh = [
        _ROW_DECODER.decode(row.failed)
        for key, row in all_rows.items()
        if row.failed and key not in chosen
    ]
    for _ in range(_MAX_TRIES):  # the user may save it meanwhile
        version = _file_version(path)
        wanted = failed_lookups_csv.merge_rows(fresh, _read_filled_rows(path, problems), settled)
        if _file_version(path) in (version, None):
            break
    if wanted or path.exists():
        atomic_files.write_if_changed({path: failed_lookups_csv.render_csv(wanted).encode()})


def _read_filled_rows(
    path: Path, problems: list[str]
) -> dict[str, failed_lookups_csv.FailedLookupRow]:
    """Return the rows of the failed lookups, by key, with what the user has entered.

    A file that cannot be parsed is renamed, so that the entries are not lost.
    """
    if not path.exists():
        return {}
    try:
        return failed_lookups_csv.read_filled_rows(path)
    except UsageError as error:
        aside = _set_aside(path)
        problems.append(f"{error} It was set aside as {path_text.display_path(aside)}.")
        return {}


def _file_version(path: Path) -> tuple[int, int, int] | None:
    """Return values that change when the file's content changes, or None if there is no file."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _is_chosen(item: Item) -> bool:
    """Return True if the queue has a movie chosen by the user for the item, and TMDb knows it."""
    if not isinstance(item, MovieItem) or item.match != "user":
        return False
    return item.lookup not in ("unsure", "unknown")


def _set_aside(path: Path) -> Path:
    """Rename a file that cannot be parsed, and return its new path.

    The user's entries in it must not be lost.
    """
    number = 1
    while (aside := path.with_name(f"{path.stem}-aside-{number}{path.suffix}")).exists():
        number += 1
    path.rename(aside)
    return aside


class CachedRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The cached rows of a movie, with modification time and size of its record.

    `scan` is CSV text, and `failed` is cells as JSON.
    """

    mtime: int
    size: int
    scan: str
    failed: bytes = b""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(CachedRow)


class RowCache:
    """The cached CSV rows of all movies by output name; used by one process at a time."""

    def __init__(self, path: Path) -> None:
        self._database = DisposableSqlite(path, _SCHEMA, _CACHE_VERSION, application_id=0)
        self._rows: dict[str, object] = {}
        with self._database.read_transaction() as base:
            if base:
                self._rows = dict(base.execute("SELECT name, row FROM rows"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def get(self, name: str) -> CachedRow | None:
        """Return the cached rows of a movie, or None if they are missing or damaged."""
        row = self._rows.get(name)
        data = row_checksum.remove_checksum(row, name) if isinstance(row, bytes) else None
        return _DECODER.decode(data) if data else None

    def store(self, rows: Mapping[str, CachedRow]) -> None:
        """Store rows by output name in the cache, if there is space on the disk."""
        checked_rows = [
            (name, row_checksum.add_checksum(_ENCODER.encode(row), name))
            for name, row in rows.items()
        ]
        with self._database.write_transaction() as base:
            if base:
                base.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", checked_rows)
