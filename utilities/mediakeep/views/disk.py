"""How much room there is, and how much of it the record takes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.queue import checkpoints, history, index, sessions

ENTRIES = 20_000  # of one folder that are looked at; beyond them its size is told as "over"
_PARTS = {
    "checkpoints": (checkpoints.FOLDER,),
    "logs": (sessions.LOGS,),
    "history": (history.FOLDER, index.FILE),
}


class Room(msgspec.Struct, frozen=True):
    """A disk: what lies on it, and its bytes."""

    what: str
    path: str
    free: int  # for those who are not root
    total: int


class Size(msgspec.Struct, frozen=True):
    """What something takes, in bytes; not `whole` where there were too many files to look at."""

    bytes: int
    whole: bool = True


class Disk(msgspec.Struct, frozen=True):
    """The disks, and the sizes of what grows, by name."""

    rooms: list[Room]
    sizes: dict[str, Size]


def measure(home: Path, folders: Iterable[Path], libraries: Mapping[str, str]) -> Disk:
    """Measure a home with the folders of its queues, and the disks of its libraries.

    `libraries` are escaped paths by kind. What is not there or may not be read is left out.
    """
    here = list(folders)
    sizes = {
        name: _added([folder / part for folder in here for part in parts])
        for name, parts in _PARTS.items()
    }
    sizes["undo"] = _added([home / "status" / "undo"])
    known = {name: size for name, size in sizes.items() if size.bytes}
    return Disk(_rooms({"home": files.escape(home), **libraries}), known)


def _rooms(places: Mapping[str, str]) -> list[Room]:
    """Tell of each disk once, with all that lies on it."""
    found: dict[int, Room] = {}
    for what, path in places.items():
        with contextlib.suppress(OSError, ValueError):
            device = Path(files.unescape(path)).stat().st_dev
            there = os.statvfs(files.unescape(path))
            free, total = there.f_bavail * there.f_frsize, there.f_blocks * there.f_frsize
            first = found.get(device)
            name = f"{first.what}, {what}" if first else what
            found[device] = Room(name, first.path if first else path, free, total)
    return list(found.values())


def _added(paths: Iterable[Path]) -> Size:
    total = seen = 0
    for path in paths:
        for size in _sizes(path):
            total, seen = total + size, seen + 1
            if seen >= ENTRIES:
                return Size(total, whole=False)
    return Size(total)


def _sizes(path: Path) -> Iterator[int]:
    """Give the size of a file, or of each file below a folder; links are not followed."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        if path.is_file():
            yield path.stat().st_size
            return
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _sizes(Path(entry.path))
                else:
                    with contextlib.suppress(FileNotFoundError):
                        yield entry.stat(follow_symlinks=False).st_size
