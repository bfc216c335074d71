"""The names that a file had before: its records are found again after its library was moved.

Wherever a library lies, the folder of an item bears the same name, which is its key, and a file has
the same place below it. So no link is needed in the old place. A file that belonged to no item is
known again only where such a link leads to it.
"""

from __future__ import annotations

import os

from mediakeep import files
from mediakeep.media.undoing.record import Record

_DEEPEST = 40  # folders of a path that are looked at


def place(record: Record) -> str:
    """Return the end of a record's path, from the item's folder on; without one, the last folder's.

    This stays the same when the library is moved.
    """
    at = _item_at(record)
    return "/".join(record.path.split("/")[-2 if at is None else at :])


def places(path: str) -> list[str]:
    """Return all that `place` may have told of the file that lies there now."""
    parts = path.split("/")[1:][-_DEEPEST:]
    return ["/".join(parts[at:]) for at in range(len(parts) - 1)]


def is_of(record: Record, path: str) -> bool:
    """Tell whether a record is of the file that lies there now; `path` leads over no link.

    What still stands under the old name, and is not this file, is what the record is of.
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
    """Tell where in the path the item's folder begins; None where a link or a file stood for it."""
    wanted, folders = record.item.split("/"), record.path.split("/")[:-1]
    for at in range(len(folders) - len(wanted), 0, -1):
        if record.item and folders[at : at + len(wanted)] == wanted:
            return at
    return None
