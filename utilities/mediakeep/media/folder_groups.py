"""Group the folders of a library into items such as albums; no file is opened.

An item is a folder with audio files, together with the folders below it. Folders that contain parts
of an item ("CD 1") belong to it. Audio files in a folder that contains other items belong to none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.item import NewItem, ScannedItem
from mediakeep.media import folder_listing, ignore_rules
from mediakeep.media.folder_listing import ListedFile, ListedFolder

_DISC = re.compile(r"(cd|dis[ck]|dvd|lp|side|vinyl)[ ._-]*(\d{1,2}|[a-d])\b.*", re.IGNORECASE)

FindFiles = Callable[[ListedFolder], Sequence[ListedFile]]  # the files that make a folder an item
IsPart = Callable[[PurePosixPath], bool]  # takes the relative path of a folder


class FolderGroups(msgspec.Struct, frozen=True):
    """The folders of each item by its path below the library, and audio files of no item."""

    groups: dict[str, list[ListedFolder]]
    strays: tuple[str, ...]


def is_disc(folder: PurePosixPath) -> bool:
    """Return True if a folder contains a disc by its name, such as "CD 1" or "Disc 2 - Live"."""
    return bool(_DISC.fullmatch(folder.name))


class FolderItems(msgspec.Struct, frozen=True):
    """How a kind finds its items, which are groups of folders with certain files.

    `count` is the field of an item with the number of its files, and `noun` names such a file.
    `choose_parts` takes the library and its folders, and returns what `group_folders` takes.
    `select` returns the folders that are not skipped. The methods raise Unreadable if a folder
    cannot be listed.
    """

    find_files: FindFiles
    count: str
    noun: str = "audio file"
    choose_parts: Callable[[Path, Sequence[ListedFolder]], IsPart] = lambda *_: lambda _: False
    select: Callable[[Iterable[ListedFolder]], list[ListedFolder]] = list

    def find_groups(
        self, root: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
    ) -> FolderGroups:
        """Return the folders of each item of a library, sorted, and files of no item."""
        listed = self.select(list_folders(root, ignored.for_library(root)))
        return group_folders(listed, self.find_files, self.choose_parts(root, listed))

    def find_items(
        self, root: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
    ) -> Iterator[ScannedItem]:
        """Yield the items of a library, sorted."""
        for relative, folders in self.find_groups(root, ignored).groups.items():
            yield self.describe_item(root, relative, folders)

    def find_strays(
        self, root: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
    ) -> tuple[str, ...]:
        """Return the escaped paths of the files that belong to no item."""
        return tuple(map(path_text.escape_path, self.find_groups(root, ignored).strays))

    def describe_item(
        self, root: Path, relative: str, folders: Sequence[ListedFolder]
    ) -> ScannedItem:
        """Return the item of a group of folders."""
        number = sum(len(self.find_files(folder)) for folder in folders)
        return build_item(root, relative, folders, {self.count: number})

    def scan_folder(
        self, folder: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
    ) -> ScannedItem | None:
        """Return one folder with all folders below it as an item, or None without such files."""
        item = self.describe_item(folder, "", self.select(list_folders(folder, ignored)))
        return item if item.fields[self.count] else None

    def build_new_item(self, folder: Path, settings: Mapping[str, Any]) -> NewItem:
        """Return the item of a folder that the user adds; raise UsageError if it is none."""
        found = self.scan_folder(folder) if folder.is_dir() else None
        if found is None:
            raise UsageError(f"{path_text.display_path(folder)} contains no {self.noun}s.")
        name = path_text.escape_path(folder.name)
        return NewItem(
            name=name,
            path=found.path,
            fingerprint=found.fingerprint,
            fields=found.fields,
            settings=settings,
        )


def list_folders(
    root: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> list[ListedFolder]:
    """List a folder and all folders below it; raise Unreadable if one cannot be listed."""
    return list(folder_listing.walk_readable_tree(root, ignored=ignored))


def group_folders(
    listed: Iterable[ListedFolder], find_files: FindFiles, is_part: IsPart
) -> FolderGroups:
    """Group folders into items, sorted; `is_part` decides whether one belongs to that above it."""
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
    return FolderGroups(dict(sorted(groups.items())), tuple(strays))


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
