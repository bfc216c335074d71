"""Convert errors of files into errors that name the file, the cause, and what to do."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from mediakeep import path_text
from mediakeep.atomic_files import write_atomic
from mediakeep.errors import DiskFull, NotCopied, WorkingFilesChanged
from mediakeep.untrusted_files import decode_json, read_bytes

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_HINTS = {
    errno.EROFS: "Mount its file system writable, then run again.",
    errno.EACCES: "Grant this user access to it and its folder, then run again.",
    errno.EPERM: "Grant this user access to it and its folder, then run again.",
    errno.ENOENT: "Check that it still exists, then run again.",
    errno.ENAMETOOLONG: "Give it a shorter name, then run again.",
    errno.EILSEQ: "Rename it, or use a folder on another file system, then run again.",
    errno.EINVAL: "Rename it, or use a folder on another file system, then run again.",
    errno.ENXIO: "Move it away, then run again.",
    errno.EOVERFLOW: "Move it away, then run again.",
}
_OTHER_HINT = "Check the disk, then run again."

T = TypeVar("T")


@contextlib.contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Convert OSError within a `with` block into DiskFull or NotCopied; `path` is named in it.

    DiskFull names the full file system, too.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, TimeoutError) and error.errno is None:
            raise  # the caller's timeout, not an error of the disk
        shown = path_text.display_path(path)
        if error.errno in _DISK_FULL:
            disk = path_text.display_path(find_mount_point(path))
            raise DiskFull(f"The file system {disk} is full: {shown} not written.") from error
        hint = _HINTS.get(error.errno or 0, _OTHER_HINT)
        raise NotCopied(path, error.strerror or str(error), hint) from error


def read_working_file(path: Path, decoded_type: type[T], hint: str) -> T | None:
    """Read a JSON file that only mediakeep writes, or return None if it is missing.

    Raise WorkingFilesChanged with `hint` if it is damaged, and NotCopied if it cannot be read.
    """
    with translate_errors(path):
        try:
            return decode_json(read_bytes(path), decoded_type)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except msgspec.DecodeError as error:
            raise WorkingFilesChanged(path, str(error), hint) from error


def write_working_file(path: Path, value: object) -> None:
    """Write a value as indented JSON, atomically and synced; raise DiskFull and NotCopied."""
    with translate_errors(path):
        write_atomic(path, msgspec.json.format(msgspec.json.encode(value)))


def find_existing_parent(path: Path) -> Path:
    """Return the path itself, or its nearest parent folder that exists."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def find_mount_point(path: Path) -> Path:
    """Return the topmost folder of the file system that contains a path, or will contain it."""
    path = find_existing_parent(path)
    with contextlib.suppress(OSError):
        path = path.resolve()
        while path != path.parent and not os.path.ismount(path):
            path = path.parent  # Path.is_mount hides errors
    return path
