"""A disk that forgets what was not synced: which states may a power loss leave behind?

A file's data and a folder's names reach the disk when they are synced, or any time before. So of
what is not synced at the moment of the loss, anything may be there or not:

- of a file's writes, none, all, or a part cut at any byte, with the rest missing or zeros;
- of the changes of names, any selection; a rename is all or nothing.

This is stricter than the file systems that people use, and no stricter than what they promise.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import PurePath

from tests.crash.tap import Call

MANY = 5  # open changes of names; of more than these, not every selection is tried
_SECTOR = 512


@dataclass
class Inode:
    """A file's data on the disk, and the calls that are not on the disk yet."""

    data: bytes = b""
    open: list[Call] = field(default_factory=list)

    def now(self) -> bytes:
        """Return what the running system sees."""
        return _applied(self.data, self.open)

    def sync(self) -> None:
        self.data, self.open = self.now(), []

    def variants(self) -> Iterator[bytes]:
        """Give what may be on the disk, short of all."""
        for count in range(len(self.open)):
            before = _applied(self.data, self.open[:count])
            yield before
            if self.open[count].data:
                yield from _parts(before, self.open[count])


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


def _applied(data: bytes, calls: Sequence[Call]) -> bytes:
    for call in calls:
        if call.name == "ftruncate":
            data = data[: call.offset].ljust(call.offset, b"\0")
        else:
            offset = len(data) if call.offset < 0 else call.offset
            data = _put(data, call.data, offset)
    return data


def _put(data: bytes, new: bytes, offset: int) -> bytes:
    return data[:offset].ljust(offset, b"\0") + new + data[offset + len(new) :]


def _parts(before: bytes, call: Call) -> Iterator[bytes]:
    """Give what a write may leave: cut, filled with zeros, or with its first sector missing."""
    offset = len(before) if call.offset < 0 else call.offset
    text = call.data.rstrip(b"\0")
    size = len(call.data)
    yield _put(before, bytes(size), offset)
    for length in _cuts(len(text)):
        yield _put(before[:offset], text[:length], offset)
        yield _put(before, text[:length].ljust(size, b"\0"), offset)
    first = _SECTOR - offset % _SECTOR
    if first < len(text):
        yield _put(before, bytes(first) + call.data[first:], offset)


def _cuts(length: int) -> Iterator[int]:
    step = max(1, length // 40)
    yield from range(1, length, step)
    if length > 1:
        yield length - 1


class Disk:
    """The files below a folder, as the running system sees them and as they lie on the disk."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._seen: Names = {}
        self._names: Names = {}
        self._open: list[Rename] = []

    def take(self, call: Call) -> None:
        """Take a call that was made."""
        match call.name:
            case "open":
                self._opened(call)
            case "write" | "pwrite" | "ftruncate":
                self._inode(call.path).open.append(call)
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

    def _opened(self, call: Call) -> None:
        if call.path not in self._seen:
            self._rename(Rename(Inode(), new=call.path))
        elif call.flags & os.O_TRUNC:
            self._inode(call.path).open.append(Call("ftruncate", call.path))

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

    def states(self, chance: random.Random) -> Iterator[dict[str, bytes]]:
        """Give what a power loss at this moment may leave behind."""
        for selection in _selections(self._open, chance):
            names = dict(self._names)
            for change in selection:
                _rename(names, change)
            yield from self._contents(names)

    def _contents(self, names: Names) -> Iterator[dict[str, bytes]]:
        there = {
            path: inode
            for path, inode in names.items()
            if inode is not None and self._reachable(path, names)
        }
        everything = {path: inode.now() for path, inode in there.items()}
        least = {path: inode.data for path, inode in there.items()}
        yield everything
        yield least
        for path, inode in there.items():
            for data in inode.variants():
                yield {**everything, path: data}
                if len([one for one in there.values() if one.open]) > 1:
                    yield {**least, path: data}

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
