"""Find the queue item of an artist's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mediakeep import config, files, kinds
from mediakeep.errors import UsageFailed
from mediakeep.item import Item


class Folder(NamedTuple):
    """A folder, its key, and its queue item if there is one.

    A folder with `has_own_lookup` has the name of another item, such as a copy: its lookup must not
    replace that of the item.
    """

    path: Path
    key: str
    item: Item | None = None
    apart: bool = False

    @property
    def lookup_key(self) -> str:
        """The key under which its lookup is cached."""
        return files.escape(self.path) if self.apart else self.key


def at(items: Mapping[str, Item], path: Path) -> Folder:
    """Return the item of a folder, whose path is resolved.

    Raise UsageError if the folder is part of an artist, or contains whole artists.
    """
    name = files.escape(path.name)
    item_of_name = items.get(name)
    if item_of_name and is_at(path, item_of_name.path):
        return Folder(path, name, item_of_name)
    for key, item in items.items():
        place = Path(files.unescape(item.path))
        if place.is_symlink() and is_at(path, item.path):
            return Folder(path, key, item)
        if path.is_relative_to(place) and path != place:
            raise UsageFailed(
                f"{files.display_path(path)} is part of {item.path}. Give that folder."
            )
        if place.parent == path:
            raise UsageFailed(
                f"{files.display_path(path)} is a library whose artists are in the queue."
                f" Give one artist's folder, or run {config.spoken(kinds.MUSIC.batch)}."
            )
    return Folder(path, name, apart=item_of_name is not None)


def is_at(folder: Path, path: str) -> bool:
    """Return whether a folder is the one at an escaped path."""
    try:
        return folder.samefile(files.unescape(path))
    except OSError:
        return False
