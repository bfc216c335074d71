"""Track the folders visited by a tree walk, so that links cannot cause cycles or repeats."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

Identity = tuple[int, int]  # device and inode


class Way(msgspec.Struct, frozen=True, gc=False):
    """A path to a folder that is not listed yet; `relative_path` starts at the top."""

    path: str
    place: str
    inode: int | None = None  # from the parent's listing; None for a link


class Trail:
    """The folders visited by a walk, and the ancestors of its top.

    The ancestors are determined only when the walk comes to a link or a mount point: nothing else
    leads to them.
    """

    def __init__(self, top: Path) -> None:
        self._top, self._known = top, set[Identity]()
        self._sought = False

    def before(self, way: Way, here: Identity) -> bool:
        """Return True if the folder `here` was visited; mark it as visited."""
        if way.place and way.inode != here[1] and not self._sought:
            self._known |= surroundings(self._top)
            self._sought = True
        return not is_new(here, self._known)


def surroundings(top: Path) -> set[Identity]:
    """Return the ancestors of a folder, by its own path and by the targets of links in it."""
    path, up = str(top.absolute()), ""
    try:
        ancestors = {root := identity("/")}
        while (above := identity(f"{path}{(up := up + '/..')}")) != root:  # physical parents
            ancestors.add(above)
        while path := path.rpartition("/")[0]:
            ancestors.add(identity(path))
    except OSError:  # inaccessible, or circular links: listing reports it
        return set()
    return ancestors


def is_new(folder: Identity, seen: set[Identity]) -> bool:
    """Add a folder to `seen`; return False if it was in it already."""
    if folder in seen:
        return False
    seen.add(folder)
    return True


def identity(path: str | Path) -> Identity:
    """Return device and inode of a folder; raise OSError if it is inaccessible."""
    facts = os.stat(path)  # noqa: PTH116 (a quarter of the time of Path.stat, for each folder)
    return facts.st_dev, facts.st_ino
