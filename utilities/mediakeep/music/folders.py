"""Folders listed by names, sizes and times alone: no file is opened here."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from mediakeep.media.formats import EXTENSIONS

IMAGES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})
_DIGITS = tuple("0123456789")

Identity = tuple[int, int]  # device and inode


class File(NamedTuple):
    """A name that leads to no folder; size, time and `facts` are there if it is a regular file."""

    name: str
    suffix: str  # the extension in lower case, with its dot, or ""
    size: int = -1
    mtime_ns: int = -1
    facts: os.stat_result | None = None


@dataclass(frozen=True)
class Folder:
    """A folder as it was listed: its place below the top ("" for the top), its visible files.

    Where it refused to be listed, `fault` says why.
    """

    path: str
    place: str
    files: tuple[File, ...] = ()
    fault: OSError | None = None

    @cached_property
    def audio(self) -> list[File]:
        """The files that bear the extension of an audio format."""
        return [file for file in self.files if file.suffix in EXTENSIONS]

    @property
    def media(self) -> list[File]:
        """All that a scan looks into: audio files and pictures."""
        return [*self.audio, *self.images]

    @cached_property
    def images(self) -> list[File]:
        """The pictures that hold anything."""
        return [file for file in self.files if file.size > 0 and file.suffix in IMAGES]

    def place_of(self, name: str) -> str:
        """The place below the top of something in this folder."""
        return f"{self.place}/{name}" if self.place else name


@dataclass(frozen=True)
class _Listing:
    files: tuple[File, ...]
    real: tuple[str, ...]  # names of folders
    links: tuple[str, ...]  # names of links to folders


def walk(top: Path, around: Collection[Identity] | None = None) -> Iterator[Folder]:
    """List a folder and all below it, each once, wherever links lead; hidden names are left out.

    Links are followed last, so that a folder comes under its real name. A link to a folder that
    the top lies in is not followed; `around` are these folders, where they are known.
    """
    seen = set(surroundings(top) if around is None else around)
    real, links = deque([Folder(str(top), "")]), deque[Folder]()
    while real or links:
        folder = real.popleft() if real else links.popleft()
        listing = _enter(folder.path, seen)
        if isinstance(listing, OSError):
            if not (folder.place and isinstance(listing, FileNotFoundError)):  # else it vanished
                yield Folder(folder.path, folder.place, fault=listing)
        elif listing:
            yield Folder(folder.path, folder.place, listing.files)
            real.extend(_child(folder, name) for name in listing.real)
            links.extend(_child(folder, name) for name in listing.links)


def below(top: Path) -> list[Path]:
    """Give the visible folders right below a folder, sorted by name; OSError if it refuses.

    Of a folder and a link to it, and of two links to one folder, only the first is given.
    """
    listing = _list(top)
    seen = {*surroundings(top), identity(top)}
    found = [top / name for name in (*listing.real, *listing.links) if _is_other(top / name, seen)]
    return sorted(found, key=lambda path: path.name)


def right_in(top: Path) -> Folder:
    """List one folder alone; OSError if it refuses."""
    return Folder(str(top), "", _list(top).files)


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


def is_hidden(name: str, folder: bool) -> bool:
    """Tell whether a name is hidden: it begins with a dot, but not as names of music do.

    "...And Justice for All" is not hidden, nor is a folder named ".5: The Gray Chapter".
    """
    after = name[1:2]
    return name.startswith(".") and after != "." and not (folder and after in _DIGITS)


def _enter(path: str, seen: set[Identity]) -> _Listing | OSError | None:
    """List a folder; its refusal if it refuses, None if it has been listed before."""
    try:
        return _list(path) if _is_new(path, seen) else None
    except OSError as error:
        return error


def _list(path: str | Path) -> _Listing:
    found: list[File] = []
    real: list[str] = []
    links: list[str] = []
    with os.scandir(path) as entries:
        for entry in entries:
            name, folder = entry.name, _is_folder(entry)
            if name[0] == "." and is_hidden(name, folder):
                continue
            if folder:
                (links if entry.is_symlink() else real).append(name)
            else:
                found.append(_file(entry))
    found.sort(key=itemgetter(0))
    return _Listing(tuple(found), tuple(sorted(real)), tuple(sorted(links)))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or into a folder that nobody may enter
        return False


def _file(entry: os.DirEntry[str]) -> File:
    stem, dot, suffix = entry.name.rpartition(".")
    suffix = f"{dot}{suffix}".lower() if stem else ""
    try:
        facts = entry.stat()
    except OSError:  # a link that leads nowhere, or a file that has just vanished
        return File(entry.name, suffix)
    if not stat.S_ISREG(facts.st_mode):
        return File(entry.name, suffix)
    return File(entry.name, suffix, facts.st_size, facts.st_mtime_ns, facts)


def _child(folder: Folder, name: str) -> Folder:
    return Folder(f"{folder.path}/{name}", folder.place_of(name))


def _is_new(path: str | Path, seen: set[Identity]) -> bool:
    known = identity(path)
    if known in seen:
        return False
    seen.add(known)
    return True


def _is_other(path: Path, seen: set[Identity]) -> bool:
    """Like `_is_new`; a folder that refuses is another one, one that vanished is none."""
    try:
        return _is_new(path, seen)
    except FileNotFoundError:
        return False
    except OSError:
        return True


def identity(path: str | Path) -> Identity:
    """Tell a folder from all others, whatever path leads to it; OSError if it refuses."""
    facts = os.stat(path)  # noqa: PTH116 (a quarter of the time of Path.stat, for each folder)
    return facts.st_dev, facts.st_ino
