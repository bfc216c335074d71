"""Track the folders visited by a tree walk, so that links cannot cause cycles or repeats."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

FolderIdentity = tuple[int, int]  # device and inode


class FolderPath(msgspec.Struct, frozen=True, gc=False):
    """A path to a folder that is not listed yet; `relative_path` starts at the top."""

    path: str
    relative_path: str
    inode: int | None = None  # from the parent's listing; None for a link


class VisitedFolders:
    """The folders visited by a walk, and the ancestors of its top.

    The ancestors are determined only when the walk comes to a link or a mount point: nothing else
    leads to them.
    """

    def __init__(self, top: Path) -> None:
        self._top, self._visited = top, set[FolderIdentity]()
        self._has_ancestors = False

    def was_visited(self, way: FolderPath, here: FolderIdentity) -> bool:
        """Return True if the folder `here` was visited; mark it as visited."""
        if way.relative_path and way.inode != here[1] and not self._has_ancestors:
            self._visited |= find_ancestors(self._top)
            self._has_ancestors = True
        return not add_if_new(here, self._visited)


def find_ancestors(top: Path) -> set[FolderIdentity]:
    """Return the ancestors of a folder, by its own path and by the targets of links in it."""
    path, up = str(top.absolute()), ""
    try:
        ancestors = {root := folder_identity("/")}
        while (above := folder_identity(f"{path}{(up := up + '/..')}")) != root:  # physical parents
            ancestors.add(above)
        while path := path.rpartition("/")[0]:
            ancestors.add(folder_identity(path))
    except OSError:  # inaccessible, or circular links: listing reports it
        return set()
    return ancestors


def add_if_new(folder: FolderIdentity, seen: set[FolderIdentity]) -> bool:
    """Add a folder to `seen`; return False if it was in it already."""
    if folder in seen:
        return False
    seen.add(folder)
    return True


def folder_identity(path: str | Path) -> FolderIdentity:
    """Return device and inode of a folder; raise OSError if it is inaccessible."""
    facts = os.stat(path)  # noqa: PTH116 (a quarter of the time of Path.stat, for each folder)
    return facts.st_dev, facts.st_ino
