"""An artist's folder that a person names: whether it is one of the queue's, and by which key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mediakeep import config, files, kinds
from mediakeep.errors import UsageFailed
from mediakeep.item import Item


class Folder(NamedTuple):
    """A folder, its key, and its item where the queue knows it.

    One that lies `apart` has a name that the queue knows for another folder, such as a copy: what
    is looked up for it must not take the place of what is known of that one.
    """

    path: Path
    key: str
    item: Item | None = None
    apart: bool = False

    @property
    def lookup_key(self) -> str:
        """The key under which its look-up is kept."""
        return files.escape(self.path) if self.apart else self.key


def at(items: Mapping[str, Item], path: Path) -> Folder:
    """Return what a folder is to a queue's items; the path has no links in it.

    UsageFailed where the folder is a part of an artist, or holds whole ones.
    """
    name = files.escape(path.name)
    known = items.get(name)
    if known and is_at(path, known.path):
        return Folder(path, name, known)
    for key, item in items.items():
        place = Path(files.unescape(item.path))
        if place.is_symlink() and is_at(path, item.path):
            return Folder(path, key, item)
        if path.is_relative_to(place) and path != place:
            raise UsageFailed(
                f"{files.display_path(path)} is a part of {item.path}. Give that folder."
            )
        if place.parent == path:
            raise UsageFailed(
                f"{files.display_path(path)} is a library, of which the queue knows the artists."
                f" Give one artist's folder, or run {config.spoken(kinds.MUSIC.batch)}."
            )
    return Folder(path, name, apart=known is not None)


def is_at(folder: Path, path: str) -> bool:
    """Tell whether a folder is the one at a path, which is escaped."""
    try:
        return folder.samefile(files.unescape(path))
    except OSError:
        return False
