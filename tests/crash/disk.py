"""A disk that forgets what was not synced: which states may a power loss leave behind?

A file's data and a folder's names reach the disk when they are synced, or any time before. So of
what is not synced at the moment of the loss, anything may be there or not:

- of a file's writes, none, all, or a part: cut at any byte, with the rest missing or zeros, or
  without any one sector;
- of the changes of names, any selection; a rename is all or nothing.

This is stricter than the file systems that people use, and no stricter than what they promise.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from pathlib import PurePath

from tests.crash.tap import FileCall

MANY = 5  # open changes of names; of more than these, not every selection is tried
_SECTOR = 512


@dataclass(frozen=True)
class FileState:
    """What is left of a file: its data, its time, and which names are names of the same file."""

    data: bytes
    mtime: int
    inode: int


@dataclass
class Inode:
    """A file's data on the disk, and the calls that are not on the disk yet."""

    data: bytes = b""
    open: list[FileCall] = field(default_factory=list)
    mtime: int = 0

    def now(self) -> bytes:
        """Return what the running system sees."""
        return _applied(self.data, self.open)

    def take(self, call: FileCall) -> None:
        self.open.append(call)
        self.mtime = call.mtime

    def sync(self) -> None:
        self.data, self.open = self.now(), []

    def left(self, data: bytes) -> FileState:
        return FileState(data, self.mtime, id(self))

    def variants(self, pieces: int) -> Iterator[bytes]:
        """Give what may be on the disk, between nothing and all of what is open."""
        for count, call in enumerate(self.open):
            before = _applied(self.data, self.open[:count])
            yield before
            if call.data:
                yield from _parts(before, call, pieces)
                nothing = replace(call, data=bytes(len(call.data)))
                yield _applied(before, [nothing, *self.open[count + 1 :]])


@dataclass(frozen=True)
class Rename:
    """A change of names: a file (None: a folder) gets a name, loses one, or both at once."""

    inode: Inode | None
    old: str = ""
    new: str = ""

    @property
    def names(self) -> set[str]:
        return {self.old, self.new} - {""}

    @property
    def folders(self) -> set[str]:
        return {os.path.dirname(name) for name in self.names}


Names = dict[str, Inode | None]


def _applied(data: bytes, calls: Sequence[FileCall]) -> bytes:
    for call in calls:
        if call.name == "ftruncate":
            data = data[: call.offset].ljust(call.offset, b"\0")
        else:
            offset = len(data) if call.offset < 0 else call.offset
            data = _put(data, call.data, offset)
    return data


def _put(data: bytes, new: bytes, offset: int) -> bytes:
    return data[:offset].ljust(offset, b"\0") + new + data[offset + len(new) :]


def _parts(before: bytes, call: FileCall, pieces: int) -> Iterator[bytes]:
    """Give what a write may leave: cut, filled with zeros, or without one of its sectors."""
    offset = len(before) if call.offset < 0 else call.offset
    text = call.data.rstrip(b"\0")
    size = len(call.data)
    yield _put(before, bytes(size), offset)
    for length in _cuts(len(text), pieces):
        yield _put(before[:offset], text[:length], offset)
        yield _put(before, text[:length].ljust(size, b"\0"), offset)
    edges = [0, *range(_SECTOR - offset % _SECTOR, len(text), _SECTOR), len(text)]
    for start, end in pairwise(edges):
        hole = text[:start] + bytes(end - start) + call.data[end:]
        yield _put(before, hole, offset)


def _cuts(length: int, pieces: int) -> Iterator[int]:
    yield from range(1, length, max(1, length // pieces))
    if length > 1:
        yield length - 1


class Disk:
    """The files below a folder, as the running system sees them and as they are on the disk."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._seen: Names = {}
        self._names: Names = {}
        self._open: list[Rename] = []
        self._latest: Inode | None = None  # the file that was changed last

    def take(self, call: FileCall) -> None:
        """Take a call that was made."""
        match call.name:
            case "open":
                self._opened(call)
            case "write" | "pwrite" | "ftruncate":
                self._latest = self._inode(call.path)
                self._latest.take(call)
            case "sync":
                self._inode(call.path).sync()
            case "fsync":
                self._sync_folder(call.path)
            case "mkdir":
                self._rename(Rename(None, new=call.path))
            case "link":
                self._rename(Rename(self._inode(call.path), new=call.target))
            case "unlink":
                self._rename(Rename(self._inode(call.path), old=call.path))
            case "replace":
                self._rename(Rename(self._inode(call.path), call.path, call.target))

    def _inode(self, path: str) -> Inode:
        inode = self._seen[path]
        assert inode is not None
        return inode

    def _opened(self, call: FileCall) -> None:
        if call.path not in self._seen:
            self._rename(Rename(Inode(mtime=call.mtime), new=call.path))
        elif call.flags & os.O_TRUNC:
            self._inode(call.path).take(FileCall("ftruncate", call.path, mtime=call.mtime))

    def _rename(self, change: Rename) -> None:
        if change.old and change.new and self._seen.get(change.new) is change.inode:
            return  # two names of one file: a rename does nothing
        _rename(self._seen, change)
        self._open.append(change)

    def _sync_folder(self, folder: str) -> None:
        """Bring a folder's names to the disk, and what had to come before them."""
        names: set[str] = set()
        kept = []
        for change in reversed(self._open):
            if folder in change.folders or change.names & names:
                names |= change.names
            else:
                kept.append(change)
        synced = [change for change in self._open if change not in kept]
        for change in synced:
            _rename(self._names, change)
        self._open = kept[::-1]

    def states(self, chance: random.Random) -> Iterator[dict[str, FileState]]:
        """Give what a power loss at this moment may leave behind.

        Each selection of names with all data and with none; and each part of the data with all
        names, with none, and with one selection more.
        """
        selections = [self._chosen(changes) for changes in _selections(self._open, chance)]
        for number, names in enumerate(selections):
            yield {path: inode.left(inode.now()) for path, inode in names.items()}
            yield {path: inode.left(inode.data) for path, inode in names.items()}
            if number in (0, len(selections) - 1, chance.randrange(len(selections))):
                yield from self._partly(names)

    def _chosen(self, changes: Sequence[Rename]) -> dict[str, Inode]:
        """Return the files that are there when these changes of names reached the disk."""
        names = dict(self._names)
        for change in changes:
            _rename(names, change)
        return {path: name for path, name in names.items() if name and self._reachable(path, names)}

    def _partly(self, names: dict[str, Inode]) -> Iterator[dict[str, FileState]]:
        open_ = {id(inode): inode for inode in names.values() if inode.open}
        for inode in open_.values():
            for data in inode.variants(20 if inode is self._latest else 2):
                for rest in (Inode.now, lambda other: other.data):
                    yield {
                        path: other.left(data if other is inode else rest(other))
                        for path, other in names.items()
                    }
                    if len(open_) == 1:
                        break

    def _reachable(self, path: str, names: Names) -> bool:
        parents = (str(parent) for parent in PurePath(path).parents)
        inside = (parent for parent in parents if parent.startswith(self._root + os.sep))
        return all(parent in names for parent in inside)


def _rename(names: Names, change: Rename) -> None:
    if change.old:
        names.pop(change.old, None)
    if change.new:
        names[change.new] = change.inode


def _selections(changes: list[Rename], chance: random.Random) -> Iterator[Sequence[Rename]]:
    """Give every selection of a few; of many: the prefixes, all but one, one alone, and some."""
    count = len(changes)
    if count <= MANY:
        for size in range(count + 1):
            yield from combinations(changes, size)
        return
    yield from (changes[:number] for number in range(count + 1))
    for number in range(count):
        yield [*changes[:number], *changes[number + 1 :]]
        yield [changes[number]]
    for _ in range(16):
        yield [change for change in changes if chance.random() < 0.5]
