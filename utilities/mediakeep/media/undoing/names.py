"""Match records to files by the end of the path, which survives moving the library.

The folder of an item keeps its name, which is the item's key, and the files keep their paths below
it. A file without an item is recognized only if a link at the old path leads to it.
"""

from __future__ import annotations

import os

from mediakeep import files
from mediakeep.media.undoing.record import Record

_DEEPEST = 40  # path components considered


def place(record: Record) -> str:
    """Return the path from the item's folder on; without an item, the last two components.

    It stays the same when the library is moved.
    """
    at = _item_at(record)
    return "/".join(record.path.split("/")[-2 if at is None else at :])


def places(path: str) -> list[str]:
    """Return all values that `path_tail` may have returned for the file now at `path`."""
    parts = path.split("/")[1:][-_DEEPEST:]
    return ["/".join(parts[at:]) for at in range(len(parts) - 1)]


def is_of(record: Record, path: str) -> bool:
    """Return True if a record belongs to the file now at `path`, which contains no links.

    If another file still has the recorded path, the record belongs to that one.
    """
    if record.path == path:
        return True
    if place(record) not in places(path):
        return False
    old = files.unescape(record.path)
    if os.path.lexists(old):
        return os.path.realpath(old) == files.unescape(path)
    return _item_at(record) is not None


def _item_at(record: Record) -> int | None:
    """Return the index of the item's folder in the path, or None if it was a link or a file."""
    wanted, folders = record.item.split("/"), record.path.split("/")[:-1]
    for at in range(len(folders) - len(wanted), 0, -1):
        if record.item and folders[at : at + len(wanted)] == wanted:
            return at
    return None
