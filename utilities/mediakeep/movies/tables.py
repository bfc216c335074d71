"""The tables over all movies: outputs/movies_library_scan.csv and movies_failed_lookups.csv.

1. Each movie's row is made of its record, and kept beside it; a record that has not changed since
   is not read again.
2. The tables are put together from the rows, in the order of the queue, and written where they
   differ from what is there.

They can be deleted at any time, and so can what is kept.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.errors import MediakeepError, UsageFailed
from mediakeep.item import Item, MovieItem, Status
from mediakeep.movies import choices, failed, record, rows

SCAN = "outputs/movies_library_scan.csv"
FAILED = failed.FILE

_LOCK = "status/movies/tables.lock"
_KEPT = "status/cache/movie_tables.db"
_VERSION = 1  # raised whenever rows come out differently
_TABLE = """CREATE TABLE IF NOT EXISTS rows (
    name TEXT PRIMARY KEY, mtime INTEGER, size INTEGER, scan TEXT, failed BLOB
) WITHOUT ROWID"""
_FULL = 5000  # rows that are put in at once

_CELLS = msgspec.json.Decoder(failed.Cells)


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A movie's rows, and of which record they were made."""

    mtime: int
    size: int
    scan: str
    failed: bytes | None


def update(home: Path, items: Mapping[str, Item]) -> list[str]:
    """Bring both tables up to date with a queue; return what was found damaged, a sentence each."""
    troubles: list[str] = []
    (home / _LOCK).parent.mkdir(parents=True, exist_ok=True)
    with files.locked(home / _LOCK), contextlib.closing(_opened(home / _KEPT)) as kept:
        told = dict(_told(home, items, kept, troubles))
        if not told and not (home / SCAN).exists():
            return troubles
        _write(home / SCAN, "".join([rows.header(), *(one.scan for one in told.values())]))
        _write_failed(home, items, told, troubles)
    return troubles


def _told(
    home: Path, items: Mapping[str, Item], kept: sqlite3.Connection, troubles: list[str]
) -> Iterator[tuple[str, Row]]:
    """Give the rows of all movies that have a record, and keep those that are new."""
    known = {row[0]: Row(*row[1:]) for row in kept.execute("SELECT * FROM rows")}
    fresh: dict[str, Row] = {}
    folder = os.fspath(home / "outputs" / "movies")
    for key, item in items.items():
        if item.status is Status.SKIPPED or not item.output_name:
            continue
        name = item.output_name
        try:
            facts = os.stat(f"{folder}/{name}.json")  # noqa: PTH116 - a fifth of the time
        except OSError:
            continue
        one = known.get(name)
        if one is None or (one.mtime, one.size) != (facts.st_mtime_ns, facts.st_size):
            one = fresh[name] = _made(home / record.place(name), facts, troubles)
        if one.scan:
            yield key, one
        if len(fresh) >= _FULL:
            _keep(kept, fresh)
    _keep(kept, fresh)


def _made(path: Path, facts: os.stat_result, troubles: list[str]) -> Row:
    """Make the rows of a movie; a damaged record has none."""
    try:
        found = record.read(path)
    except MediakeepError as error:
        troubles.append(str(error))
        return Row(-1, -1, "", None)
    waiting = failed.cells(found)
    data = msgspec.json.encode(waiting) if waiting else None
    return Row(facts.st_mtime_ns, facts.st_size, rows.row(found), data)


def _keep(kept: sqlite3.Connection, fresh: dict[str, Row]) -> None:
    with kept:
        kept.executemany(
            "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)",
            [(name, one.mtime, one.size, one.scan, one.failed) for name, one in fresh.items()],
        )
    fresh.clear()


def _write_failed(
    home: Path, items: Mapping[str, Item], told: Mapping[str, Row], troubles: list[str]
) -> None:
    path = home / FAILED
    chosen = {key for key, item in items.items() if _is_chosen(item)}
    fresh = [
        _CELLS.decode(one.failed) for key, one in told.items() if one.failed and key not in chosen
    ]
    before: dict[str, failed.Cells] = {}
    if path.exists():
        try:
            before = choices.filled(path)
        except UsageFailed as error:
            aside = _set_aside(path)
            troubles.append(f"{error} It was set aside as {files.escape(aside)}.")
    settled = chosen | {key for key, item in items.items() if item.status is Status.SKIPPED}
    wanted = failed.merged(fresh, before, settled)
    if wanted or path.exists():
        _write(path, failed.render(wanted))


def _is_chosen(item: Item) -> bool:
    """Tell whether a person's word is in the queue already."""
    return isinstance(item, MovieItem) and item.match == "user"


def _set_aside(path: Path) -> Path:
    """Give a file that cannot be understood another name: a person's work is not written over."""
    number = 1
    while (aside := path.with_name(f"{path.stem}-aside-{number}{path.suffix}")).exists():
        number += 1
    path.rename(aside)
    return aside


def _write(path: Path, text: str) -> None:
    content = text.encode()
    if not path.exists() or path.read_bytes() != content:
        files.write_atomic(path, content)


def _opened(path: Path) -> sqlite3.Connection:
    """Open what is kept; what is damaged or of another version is made anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        kept = sqlite3.connect(path)
        try:
            (version,) = kept.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError("another version")
            kept.execute("PRAGMA synchronous = OFF")  # all of it can be made anew
            kept.execute(_TABLE)
            kept.execute(f"PRAGMA user_version = {_VERSION}")
            kept.execute("SELECT * FROM rows LIMIT 1").fetchall()
        except sqlite3.DatabaseError:
            kept.close()
            for end in ("", "-journal"):
                path.with_name(path.name + end).unlink(missing_ok=True)
        else:
            return kept
    raise UsageFailed(f"{files.escape(path)} cannot be written. Correct its rights, or remove it.")
