"""Check free disk space, and reserve it for items at work in all processes.

    <folder>/1f2e3d4c5b6a.json   what one item still needs, locked by its process
    <folder>/lock                held while reservations are compared

A reservation ends with its process: whoever can lock its file removes it.
"""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from mediakeep import atomic_files, path_text, size_text
from mediakeep.errors import NotEnoughSpace
from mediakeep.untrusted_files import decode_json
from mediakeep.workspace.folder_locks import try_lock
from mediakeep.workspace.system_errors import (
    find_existing_parent,
    find_mount_point,
    translate_errors,
)

RESERVATIONS = "reservations"  # name of the folder of reservations in a working folder
_LOCK = "lock"
_MARGIN = 1 << 20  # bytes to keep free on each file system


class SpaceRequirement(msgspec.Struct, frozen=True):
    """Bytes that will be written at a path, which need not exist yet."""

    path: Path
    bytes: int


class SpaceReservation:
    """Disk space reserved in a `with` block of `reserve_disk_space`."""

    def __init__(self, handle: int, lock: Path) -> None:
        self._handle, self._lock = handle, lock

    def update(self, requirements: Iterable[SpaceRequirement]) -> None:
        """Replace the reservation by what is still to be written, as files are finished."""
        with translate_errors(self._lock), atomic_files.exclusive_lock(self._lock):
            _write_reservation(self._handle, requirements)


def check_disk_space(
    requirements: Iterable[SpaceRequirement], reservations: Path | None = None
) -> None:
    """Raise NotEnoughSpace if a file system has less free space than is needed.

    Space that other items have reserved in the folder `reservations` does not count as free.
    """
    reserved = _sum_reservations(reservations) if reservations else {}
    problems = []
    for device, (path, needed) in _sum_by_device(requirements).items():
        with translate_errors(path):
            disk = os.statvfs(path)
        free = disk.f_bavail * disk.f_frsize
        others = reserved.get(device, 0)
        if needed + _MARGIN > free - others:
            mount = path_text.display_path(find_mount_point(path))
            others_text = f", {size_text.format_size(others)} of it reserved" if others else ""
            problems.append(
                f"needs {size_text.format_size(needed + _MARGIN)} on {mount},"
                f" {size_text.format_size(free)} free{others_text}"
            )
    if problems:
        raise NotEnoughSpace("; ".join(problems))


@contextlib.contextmanager
def reserve_disk_space(
    folder: Path, requirements: Iterable[SpaceRequirement]
) -> Iterator[SpaceReservation]:
    """Check and reserve disk space for a `with` block; raise NotEnoughSpace.

    `folder` is where all processes that share the disks note their reservations.
    """
    requirements = list(requirements)
    path = folder / f"{os.urandom(6).hex()}.json"
    with contextlib.ExitStack() as stack:
        with translate_errors(folder):
            atomic_files.make_folder(folder)
            with atomic_files.exclusive_lock(folder / _LOCK):
                check_disk_space(requirements, folder)
                handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
                stack.callback(os.close, handle)
                stack.callback(_unlink_reservation, path)
                try_lock(handle)
                _write_reservation(handle, requirements)
        yield SpaceReservation(handle, folder / _LOCK)


def _unlink_reservation(path: Path) -> None:
    with contextlib.suppress(OSError):  # another process removes it after the unlock
        path.unlink()


def _write_reservation(handle: int, requirements: Iterable[SpaceRequirement]) -> None:
    needed = {device: size for device, (_, size) in _sum_by_device(requirements).items()}
    data = msgspec.json.encode(needed)
    atomic_files.write_at(handle, data.ljust(os.fstat(handle).st_size), 0)


def _sum_by_device(requirements: Iterable[SpaceRequirement]) -> dict[int, tuple[Path, int]]:
    """Return a path on each file system, and the bytes needed there, by device number."""
    paths: dict[int, Path] = {}
    sizes: defaultdict[int, int] = defaultdict(int)
    for requirement in requirements:
        path = find_existing_parent(requirement.path)
        with translate_errors(path):
            device = path.stat().st_dev
        paths.setdefault(device, path)
        sizes[device] += requirement.bytes
    return {device: (path, sizes[device]) for device, path in paths.items()}


def _sum_reservations(folder: Path) -> dict[int, int]:
    """Return the bytes that living processes have reserved, by device number."""
    total: defaultdict[int, int] = defaultdict(int)
    for path in folder.glob("*.json"):
        for device, size in _read_reservation(path).items():
            total[device] += size
    return total


def _read_reservation(path: Path) -> dict[int, int]:
    """Return what a process has reserved; remove the reservation of a dead one."""
    # It may be gone meanwhile, or could not be written on a full disk.
    with (
        contextlib.suppress(FileNotFoundError, msgspec.DecodeError),
        atomic_files.open_handle(path, os.O_RDWR | os.O_NOFOLLOW) as handle,
    ):
        if not try_lock(handle):
            return decode_json(os.pread(handle, 1 << 16, 0), dict[int, int])
        path.unlink()
    return {}
