"""Check the values of a file from elsewhere before it becomes the queue."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from mediakeep import files
from mediakeep.errors import InvalidQueueValues
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue import history, journal
from mediakeep.queue.binding import JOURNALS
from mediakeep.queue.snapshot import Loaded

_FAR = 2**32  # changes, more than any queue makes


def check(folder: Path, kind: Kind, path: Path, loaded: Loaded, libraries: Iterable[str]) -> None:
    """Raise InvalidQueueValues if a file cannot be a state of this queue.

    Items must be in its own library, in one of `libraries`, or in one that the history contains:
    an item that was in progress while its library moved has its former path.
    """
    last_seq = max([history.last_seq(folder), *map(journal.last_seq, _journals(folder))])
    if loaded.head.seq > last_seq + _FAR:
        reason = f"its seq is {loaded.head.seq:,}, but the last recorded change is {last_seq:,}"
        raise InvalidQueueValues(path, reason)
    for key, item in loaded.items.items():
        if reason := _invalid_value(item, loaded.head.seq):
            raise InvalidQueueValues(path, f'{kind.noun} "{files.printable(key)}": {reason}')
    places = {loaded.head.library_path, *libraries}
    if any(_strays(loaded, places)):
        places |= set(_libraries(folder))
    for key, item in _strays(loaded, places):
        reason = f'{kind.noun} "{files.printable(key)}" has the path "{files.printable(item.path)}"'
        library = files.printable(loaded.head.library_path)
        raise InvalidQueueValues(path, f"{reason}, which is not in the library {library}")


def _invalid_value(item: Item, seq: int) -> str:
    """Return the problem with the numbers, dates or output paths of an item, or "" if none."""
    for name in ("claim", "first_claim", "settled"):
        if getattr(item, name) > seq:
            return f"{name} is {getattr(item, name):,}, above the seq of the queue ({seq:,})"
    for name in ("started_date", "processed_date", "error_date", "not_before"):
        value = getattr(item, name)
        try:
            _ = value and datetime.fromisoformat(value)
        except ValueError:
            return (
                f'{name} is "{files.printable(value)}", not a date like 2025-12-17T10:00:00+00:00'
            )
    for name in ("output_name", "report"):
        value = files.unescape(getattr(item, name))
        parts = value.split("/")
        if value and (".." in parts or not parts[0] or (name == "output_name" and parts[1:])):
            return f'{name} is "{files.printable(value)}", which leaves its folder'
    return ""


def _journals(folder: Path) -> Iterator[Path]:
    return (folder / JOURNALS).glob("*.jsonl")


def _strays(loaded: Loaded, libraries: Container[str]) -> Iterator[tuple[str, Item]]:
    for key, item in loaded.items.items():
        if item.status is not Status.SKIPPED and not _is_in(item.path, libraries):
            yield key, item


def _is_in(path: str, libraries: Container[str]) -> bool:
    """Return whether a path is below a library; both are absolute and escaped."""
    return os.path.normpath(path) == path and any(
        str(parent) in libraries for parent in Path(path).parents
    )


def _libraries(folder: Path) -> Iterator[str]:
    """Yield the paths that the library had in earlier scans."""
    for path in history.paths(folder):
        for _, event in history.read(path):
            if isinstance(library := event.get("library"), str):
                yield library
