"""Find the queue item of an artist's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mediakeep import command_text, path_text
from mediakeep.errors import UsageError
from mediakeep.item import Item
from mediakeep.music.item import MUSIC


class ArtistFolder(NamedTuple):
    """A folder, its key, and its queue item if there is one.

    A folder with `has_own_lookup` has the name of another item, such as a copy: its lookup must not
    replace that of the item.
    """

    path: Path
    key: str
    item: Item | None = None
    has_own_lookup: bool = False

    @property
    def lookup_key(self) -> str:
        """The key under which its lookup is cached."""
        return path_text.escape_path(self.path) if self.has_own_lookup else self.key


def find_folder(items: Mapping[str, Item], path: Path) -> ArtistFolder:
    """Return the item of a folder, whose path is resolved.

    Raise UsageError if the folder is part of an artist, or contains whole artists.
    """
    name = path_text.escape_path(path.name)
    item_of_name = items.get(name)
    if item_of_name and is_same_folder(path, item_of_name.path):
        return ArtistFolder(path, name, item_of_name)
    for key, item in items.items():
        place = Path(path_text.unescape_path(item.path))
        if place.is_symlink() and is_same_folder(path, item.path):
            return ArtistFolder(path, key, item)
        if path.is_relative_to(place) and path != place:
            raise UsageError(
                f"{path_text.display_path(path)} is part of {item.path}. Give that folder."
            )
        if place.parent == path:
            command = command_text.format_command(MUSIC.batch_script)
            raise UsageError(
                f"{path_text.display_path(path)} is a library whose artists are in the queue."
                f" Give one artist's folder, or run {command}."
            )
    return ArtistFolder(path, name, has_own_lookup=item_of_name is not None)


def is_same_folder(folder: Path, path: str) -> bool:
    """Return whether a folder is the one at an escaped path."""
    try:
        return folder.samefile(path_text.unescape_path(path))
    except OSError:
        return False
