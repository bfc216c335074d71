"""Measure the free space of disks, and the space that mediakeep's own files use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from mediakeep import path_text, size_text
from mediakeep.queue import checkpoints, sessions
from mediakeep.queue.history import event_log, index

MAX_ENTRIES = 20_000  # files counted per folder; a larger folder is shown as "over" that size
_FOLDERS_BY_NAME = {
    "checkpoints": (checkpoints.FOLDER,),
    "logs": (sessions.LOG_FOLDER,),
    "history": (event_log.FOLDER, index.FILE),
}


class DiskSpace(msgspec.Struct, frozen=True):
    """The free and total bytes of a disk; `what` names the folders stored on it."""

    what: str
    path: str
    free: int  # for users other than root
    total: int


class FolderSize(msgspec.Struct, frozen=True):
    """The size of a folder in bytes; `whole` is False if there were too many files to count."""

    bytes: int
    whole: bool = True

    @property
    def text(self) -> str:
        """The size for display, with "over" if only a part was counted."""
        return f"{'' if self.whole else 'over '}{size_text.format_size(self.bytes)}"


class DiskUsage(msgspec.Struct, frozen=True):
    """The free space of each disk, and the sizes of mediakeep's folders by name."""

    rooms: list[DiskSpace]
    sizes: dict[str, FolderSize]


def measure_disk(home: Path, folders: Iterable[Path], libraries: Mapping[str, str]) -> DiskUsage:
    """Measure the disks of mediakeep's home folder and of the libraries, and the growing folders.

    `libraries` maps each kind to the escaped path of its library. Missing and unreadable paths are
    left out.
    """
    queue_folders = list(folders)
    sizes = {
        name: measure_folders([folder / part for folder in queue_folders for part in parts])
        for name, parts in _FOLDERS_BY_NAME.items()
    }
    sizes["undo"] = measure_folders([home / "status" / "undo"])
    non_empty = {name: size for name, size in sizes.items() if size.bytes}
    return DiskUsage(_list_disks({"home": path_text.escape_path(home), **libraries}), non_empty)


def _list_disks(places: Mapping[str, str]) -> list[DiskSpace]:
    """Return the space of each disk once, with the names of everything stored on it."""
    disks: dict[int, DiskSpace] = {}
    for what, path in places.items():
        with contextlib.suppress(OSError, ValueError):
            device = Path(path_text.unescape_path(path)).stat().st_dev
            stats = os.statvfs(path_text.unescape_path(path))
            free, total = stats.f_bavail * stats.f_frsize, stats.f_blocks * stats.f_frsize
            first = disks.get(device)
            name = f"{first.what}, {what}" if first else what
            disks[device] = DiskSpace(name, first.path if first else path, free, total)
    return list(disks.values())


def measure_folders(paths: Iterable[Path]) -> FolderSize:
    """Return the total size of files and folders; links are not followed."""
    total = seen = 0
    for path in paths:
        for size in _iter_file_sizes(path):
            total, seen = total + size, seen + 1
            if seen >= MAX_ENTRIES:
                return FolderSize(total, whole=False)
    return FolderSize(total)


def _iter_file_sizes(path: Path) -> Iterator[int]:
    """Yield the size of a file, or of every file below a folder; links are not followed."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        if path.is_file():
            yield path.stat().st_size
            return
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _iter_file_sizes(Path(entry.path))
                else:
                    with contextlib.suppress(FileNotFoundError):
                        yield entry.stat(follow_symlinks=False).st_size
