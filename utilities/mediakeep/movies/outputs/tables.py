"""The tables over all movies: outputs/movies_library_scan.csv and movies_failed_lookups.csv.

1. Each movie's row is made of its record, and kept beside it; a record that has not changed since
   is not read again.
2. The tables are put together from the rows, in the order of the queue, and written where they
   differ from what is there.

They can be deleted at any time, and so can what is kept.
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
    """Bring both tables up to date with a queue; return what was found damaged, a sentence each."""
    troubles: list[str] = []
    files.make_folder((home / _LOCK).parent)
    files.make_folder((home / _KEPT).parent)
    with files.locked(home / _LOCK), Kept(home / _KEPT) as kept:
        told = dict(_told(home, items, kept, troubles))
        if not told and not (home / SCAN).exists():
            return troubles
        _write(home / SCAN, "".join([rows.header(), *(one.scan for one in told.values())]))
        _write_failed(home, items, told, troubles)
    return troubles


def _told(
    home: Path, items: Mapping[str, Item], kept: Kept, troubles: list[str]
) -> Iterator[tuple[str, Row]]:
    """Give the rows of all movies that have a record, and keep those that are new."""
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
        one = kept.row(name)
        if one is None or (one.mtime, one.size) != (facts.st_mtime_ns, facts.st_size):
            one = fresh[name] = _made(home / record.place(name), facts, troubles)
        if one.scan:
            yield key, one
    kept.keep(fresh)


def _made(path: Path, facts: os.stat_result, troubles: list[str]) -> Row:
    """Make the rows of a movie; a damaged record has none."""
    try:
        found = record.read(path)
    except MediakeepError as error:
        troubles.append(str(error))
        return Row(-1, -1, "")
    waiting = failed.cells(found)
    data = msgspec.json.encode(waiting) if waiting else b""
    return Row(facts.st_mtime_ns, facts.st_size, rows.row(found), data)


def _write_failed(
    home: Path, items: Mapping[str, Item], told: Mapping[str, Row], troubles: list[str]
) -> None:
    path = home / FAILED
    chosen = {key for key, item in items.items() if _is_chosen(item)}
    settled = chosen | {key for key, item in items.items() if item.status is Status.SKIPPED}
    fresh = [
        _CELLS.decode(one.failed) for key, one in told.items() if one.failed and key not in chosen
    ]
    for _ in range(_TRIES):  # a person may save it in between
        stand = _stand(path)
        wanted = failed.merged(fresh, _filled(path, troubles), settled)
        if _stand(path) in (stand, None):
            break
    if wanted or path.exists():
        _write(path, failed.render(wanted))


def _filled(path: Path, troubles: list[str]) -> dict[str, failed.Cells]:
    """Read what a person has filled in; what cannot be understood is set aside."""
    if not path.exists():
        return {}
    try:
        return choices.filled(path)
    except UsageFailed as error:
        aside = _set_aside(path)
        troubles.append(f"{error} It was set aside as {files.display_path(aside)}.")
        return {}


def _stand(path: Path) -> tuple[int, int, int] | None:
    """Return what tells one content of a file from another; None where there is none."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _is_chosen(item: Item) -> bool:
    """Tell whether a person's word is in the queue already, and not found to be none."""
    if not isinstance(item, MovieItem) or item.match != "user":
        return False
    return item.lookup not in ("unsure", "unknown")


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
