"""Atomic and durable writes of files, syncs of folders to the disk, and file locks."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from mediakeep import step_log

STATUS_FOLDER = "status"  # the folder of a home that contains its state
FOLDER = os.O_RDONLY | os.O_DIRECTORY  # flags of the handle of a folder


def sync_data(handle: int) -> None:
    """Flush a file's data to the disk, past the drive's cache if the system supports it."""
    if sys.platform == "darwin":
        try:
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
        except OSError:  # the file system does not support it
            os.fsync(handle)
    else:
        os.fdatasync(handle)


def sync_file(handle: int) -> None:
    """Flush a file's data and its metadata, such as mode and times, to the disk."""
    os.fsync(handle)
    if sys.platform == "darwin":
        sync_data(handle)


def drop_cache(handle: int) -> None:
    """Ask the system to drop a synced file from its cache, so that reads come from the disk."""
    start_writeback(handle)


def start_writeback(handle: int) -> None:
    """Ask the system to start writing an open file to the disk, so that a later sync is short.

    This is only a hint.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


def make_folder(folder: Path, *, sync: bool = True) -> None:
    """Create a folder and its missing parents, and sync the new names to the disk.

    A folder named `status` gets mode 0700, because it contains paths and contents of the user's
    files. All other folders follow the umask, because other programs read them. With `sync` off,
    nothing is synced.
    """
    if folder.is_dir():
        return
    if folder != folder.parent:
        make_folder(folder.parent, sync=sync)
    try:
        folder.mkdir(0o700 if folder.name == STATUS_FOLDER else 0o777)
    except FileExistsError:  # created by another process, unless it is a file
        if not folder.is_dir():
            raise
    if sync:
        sync_folder(folder.parent)


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Flush a folder's list of names (new, renamed and removed files) to the disk."""
    with open_handle(folder, FOLDER) as handle:
        os.fsync(handle)


def write_all(handle: int, data: bytes | memoryview) -> None:
    """Write all bytes of `data` to a file handle, even if the system accepts them in pieces."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def write_at(handle: int, data: bytes, offset: int) -> None:
    """Write all bytes of `data` to a file handle, starting at `offset` (bytes from the start)."""
    view = memoryview(data)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written


def write_atomic(
    path: str | os.PathLike[str], data: bytes | str, *, sync: bool = True, mode: int = 0o666
) -> None:
    """Replace a file atomically: readers see the old content or the new, never a mixture.

    The folder of the file is created if missing. The umask limits `mode`.
    """
    content = data.encode() if isinstance(data, str) else data
    _replace_group({Path(path): content}, sync=sync, mode=mode)


def write_atomic_group(contents: Mapping[Path, bytes]) -> None:
    """Replace several files, each atomically; each folder is synced to the disk only once."""
    _replace_group(contents, sync=True)


def write_if_changed(contents: Mapping[Path, bytes]) -> None:
    """Replace, each atomically, only the files whose content differs from the new content."""
    write_atomic_group({path: new for path, new in contents.items() if not _has_content(path, new)})


def write_outputs(home: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files of an item below a home, by relative path, if their content differs."""
    write_if_changed({home / name: content for name, content in contents.items()})


def _has_content(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _replace_group(contents: Mapping[Path, bytes], *, sync: bool, mode: int = 0o666) -> None:
    """Write the new contents to temporary files, sync these, then rename each to its final path."""
    temporaries: dict[Path, Path] = {}
    at = Path()
    try:
        with contextlib.ExitStack() as stack:
            handles = []
            for at, data in contents.items():
                make_folder(at.parent, sync=sync)
                temporaries[at] = at.parent / f".{os.urandom(6).hex()}.tmp"
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                handles.append(os.open(temporaries[at], flags, mode))
                stack.callback(os.close, handles[-1])
                write_all(handles[-1], data)
            if sync:
                for handle in handles if len(handles) > 1 else ():
                    start_writeback(handle)
                for at, handle in zip(contents, handles, strict=True):  # noqa: B007 - see below
                    sync_data(handle)
        for at, temporary in temporaries.items():
            os.replace(temporary, at)
            step_log.log_step(f"Written: {at}")
    except BaseException as error:
        if isinstance(error, OSError):  # report the target, not the temporary file
            error.filename, error.filename2 = os.fspath(at), None
        for temporary in temporaries.values():
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise
    for folder in {path.parent for path in contents} if sync else ():
        sync_folder(folder)


def remove_stale_temp_files(folder: Path, older: float = 3600.0) -> None:
    """Remove temporary files that killed processes left in a folder.

    Files modified in the last `older` seconds are kept, because another process may still be
    writing them.
    """
    for path in folder.glob(".????????????.tmp"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > older:
                path.unlink()


@contextlib.contextmanager
def open_handle(
    path: str | os.PathLike[str], flags: int = os.O_RDONLY, mode: int = 0o666
) -> Iterator[int]:
    """Open a file for a `with` block, and yield its file handle."""
    handle = os.open(path, flags | os.O_CLOEXEC, mode)
    try:
        yield handle
    finally:
        os.close(handle)


@contextlib.contextmanager
def exclusive_lock(
    path: str | os.PathLike[str], flags: int = os.O_RDWR | os.O_CREAT, *, wait: bool = True
) -> Iterator[int]:
    """Hold an exclusive flock on a file for a `with` block; yield its file handle.

    By default, the file is created if missing; it is never removed. With the flags `FOLDER`, a
    folder is locked. Raises OSError if the file system has no locks, and BlockingIOError if another
    process holds it and `wait` is off.
    """
    with open_handle(path, flags) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield handle
