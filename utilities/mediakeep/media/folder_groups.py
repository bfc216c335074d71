"""Group the folders of a library into items such as albums; no file is opened.

An item is a folder with audio files, together with the folders below it. Folders that contain parts
of an item ("CD 1") belong to it. Audio files in a folder that contains other items belong to none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.item import ScannedItem
from mediakeep.media import folder_listing, open_file
from mediakeep.media.folder_listing import ListedFile, ListedFolder

_DISC = re.compile(r"(cd|dis[ck]|dvd|lp|side|vinyl)[ ._-]*(\d{1,2}|[a-d])\b.*", re.IGNORECASE)

FindFiles = Callable[[ListedFolder], Sequence[ListedFile]]  # the files that make a folder an item
IsPart = Callable[[PurePosixPath], bool]  # takes the relative path of a folder


class FolderGroups(msgspec.Struct, frozen=True):
    """The folders of each item by its path below the library, and audio files of no item."""

    groups: dict[str, list[ListedFolder]]
    strays: tuple[str, ...]


def is_disc_name(name: str) -> bool:
    """Return True if a folder contains a disc by its name, such as "CD 1" or "Disc 2 - Live"."""
    return bool(_DISC.fullmatch(name))


def list_folders(root: Path, ignored: tuple[str, ...] = ()) -> list[ListedFolder]:
    """List a folder and all folders below it; raise Unreadable if one cannot be listed."""
    listed = list(folder_listing.walk_tree(root, ignored=ignored))
    for folder in listed:
        if folder.error:
            raise open_file.to_unreadable(Path(folder.path), folder.error)
    return listed


def group_folders(
    listed: Iterable[ListedFolder], find_files: FindFiles, is_part: IsPart
) -> FolderGroups:
    """Group folders into items; `is_part` decides whether one belongs to that above it."""
    listed = list(listed)
    with_files = [folder for folder in listed if find_files(folder)]
    tops = {_find_top(folder.relative_path, is_part) for folder in with_files}
    mixed = {str(parent) for top in tops if top for parent in PurePosixPath(top).parents}
    tops -= {"" if parent == "." else parent for parent in mixed}
    groups, strays = defaultdict(list), []
    for folder in listed:
        path = PurePosixPath(folder.relative_path)
        above = ("" if str(place) == "." else str(place) for place in (path, *path.parents))
        top = next((place for place in above if place in tops), None)
        if top is not None:
            groups[top].append(folder)
        else:
            strays += [folder.relative_path_of(file.name) for file in find_files(folder)]
    return FolderGroups(dict(groups), tuple(strays))


def build_item(
    root: Path, relative: str, folders: Sequence[ListedFolder], fields: dict[str, int]
) -> ScannedItem:
    """Return the item of a group of folders; its key is its path below `root`."""
    own = [
        structs.replace(folder, relative_path=folder.relative_path[len(relative) :].lstrip("/"))
        for folder in folders
    ]
    return ScannedItem(
        key=path_text.escape_path(relative or root.name),
        path=path_text.escape_path(root / relative),
        fingerprint=folder_listing.compute_folders_fingerprint(folders),
        relocatable_fingerprint=folder_listing.compute_folders_fingerprint(own),
        fields=fields,
    )


def _find_top(relative: str, is_part: IsPart) -> str:
    """Return the path of the item that a folder with audio files belongs to."""
    path = PurePosixPath(relative)
    while path.name and is_part(path):
        path = path.parent
    return "" if str(path) == "." else str(path)
