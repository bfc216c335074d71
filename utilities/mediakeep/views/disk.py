"""Free disk space, and how much of it mediakeep's own files use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.queue import checkpoints, history, index, sessions

ENTRIES = 20_000  # files counted per folder; a larger folder is shown as "over" that size
_PARTS = {
    "checkpoints": (checkpoints.FOLDER,),
    "logs": (sessions.LOGS,),
    "history": (history.FOLDER, index.FILE),
}


class Room(msgspec.Struct, frozen=True):
    """Free and total bytes of a disk; `what` names what is stored on it."""

    what: str
    path: str
    free: int  # for users other than root
    total: int


class Size(msgspec.Struct, frozen=True):
    """Size in bytes; `whole` is False if there were too many files to count."""

    bytes: int
    whole: bool = True


class Disk(msgspec.Struct, frozen=True):
    """Free space of each disk, and the sizes of growing folders by name."""

    rooms: list[Room]
    sizes: dict[str, Size]


def measure(home: Path, folders: Iterable[Path], libraries: Mapping[str, str]) -> Disk:
    """Measure a home with its queue folders, and the disks of its libraries.

    `libraries` maps kinds to escaped paths. Missing and unreadable paths are left out.
    """
    queue_folders = list(folders)
    sizes = {
        name: _added([folder / part for folder in queue_folders for part in parts])
        for name, parts in _PARTS.items()
    }
    sizes["undo"] = _added([home / "status" / "undo"])
    non_empty = {name: size for name, size in sizes.items() if size.bytes}
    return Disk(_rooms({"home": files.escape(home), **libraries}), non_empty)


def _rooms(places: Mapping[str, str]) -> list[Room]:
    """Return each disk once, with everything stored on it."""
    disks: dict[int, Room] = {}
    for what, path in places.items():
        with contextlib.suppress(OSError, ValueError):
            device = Path(files.unescape(path)).stat().st_dev
            stats = os.statvfs(files.unescape(path))
            free, total = stats.f_bavail * stats.f_frsize, stats.f_blocks * stats.f_frsize
            first = disks.get(device)
            name = f"{first.what}, {what}" if first else what
            disks[device] = Room(name, first.path if first else path, free, total)
    return list(disks.values())


def _added(paths: Iterable[Path]) -> Size:
    total = seen = 0
    for path in paths:
        for size in _sizes(path):
            total, seen = total + size, seen + 1
            if seen >= ENTRIES:
                return Size(total, whole=False)
    return Size(total)


def _sizes(path: Path) -> Iterator[int]:
    """Yield the size of a file, or of every file below a folder; links are not followed."""
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
