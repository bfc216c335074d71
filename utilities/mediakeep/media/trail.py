"""Where a walk through folders has been, so that it comes to each once and never in a circle."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

Identity = tuple[int, int]  # device and inode


class Way(msgspec.Struct, frozen=True, gc=False):
    """A way to a folder that is not listed yet."""

    path: str
    place: str
    inode: int | None = None  # as the folder above tells it; None where a link leads there


class Trail:
    """The folders that a walk has come to, and those that its top lies in.

    The latter are sought only when the walk comes to a link, or to something that is mounted below
    the top: nothing else leads to them.
    """

    def __init__(self, top: Path) -> None:
        self._top, self._known = top, set[Identity]()
        self._sought = False

    def before(self, way: Way, here: Identity) -> bool:
        """Tell whether a way leads here to one of them; if not, it does the next time."""
        if way.place and way.inode != here[1] and not self._sought:
            self._known |= surroundings(self._top)
            self._sought = True
        return not is_new(here, self._known)


def surroundings(top: Path) -> set[Identity]:
    """The folders that a folder lies in, by its own path and by where links in it lead."""
    path, up = str(top.absolute()), ""
    try:
        found = {root := identity("/")}
        while (above := identity(f"{path}{(up := up + '/..')}")) != root:  # where links lead
            found.add(above)
        while path := path.rpartition("/")[0]:
            found.add(identity(path))
    except OSError:  # it refuses, or links lead in a circle: listing will tell
        return set()
    return found


def is_new(folder: Identity, seen: set[Identity]) -> bool:
    """Tell whether a folder is not among those seen; then it is from now on."""
    if folder in seen:
        return False
    seen.add(folder)
    return True


def identity(path: str | Path) -> Identity:
    """Tell a folder from all others, whatever path leads to it; OSError if it refuses."""
    facts = os.stat(path)  # noqa: PTH116 (a quarter of the time of Path.stat, for each folder)
    return facts.st_dev, facts.st_ino
