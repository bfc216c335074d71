"""Copy, hash and compare open files, keep their metadata, and give them names that are free."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from mediakeep import atomic_files

OnBytes = Callable[[int], object]  # called with the bytes that were read since its last call

_CHUNK = 1 << 20  # bytes per read
_KERNEL_CHUNK = 64 << 20  # bytes per call of `copy_file_range`
_COPY_UNSUPPORTED = frozenset(
    {errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}
)
_LINK_UNSUPPORTED = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
)
_REQUIRED_XATTRS = ("user.", "system.posix_acl_access")  # attributes that must be preserved


def ignore_bytes(_: int) -> None:
    """Report no progress."""


def file_sha256(handle: int, on_bytes: OnBytes = ignore_bytes) -> str:
    """Return the SHA-256 of an open file, as `sha256sum` prints it."""
    digest, at = hashlib.sha256(), 0
    while data := os.pread(handle, _CHUNK, at):
        digest.update(data)
        at += len(data)
        on_bytes(len(data))
    return digest.hexdigest()


def copy_content(old: int, new: int, on_bytes: OnBytes = ignore_bytes) -> None:
    """Copy an open file to an empty one; its blocks are shared (reflink) if possible."""
    size, at, copied = os.fstat(old).st_size, 0, 1
    while copied:
        copied = copy_in_kernel(at, min(at + _KERNEL_CHUNK, size), old, new) - at
        at += copied
        on_bytes(copied)
    while data := os.pread(old, _CHUNK, at):
        atomic_files.write_all(new, data)
        at += len(data)
        on_bytes(len(data))


def copy_in_kernel(at: int, end: int, old: int, new: int) -> int:
    """Copy bytes from one open file to another with `copy_file_range`, as far as possible.

    Return the offset in the old file up to which bytes were copied.
    """
    if sys.platform == "linux":
        try:
            while at < end and (count := os.copy_file_range(old, new, end - at, at)):
                at += count
        except OSError as error:
            if error.errno not in _COPY_UNSUPPORTED:
                raise
    return at


def copy_metadata(old: int, new: int, *, keep_times: bool = True, required: bool = True) -> None:
    """Copy owner, mode, extended attributes and times of an open file to another.

    Raises OSError if that is not allowed. With `required` off, what the user may not set or the
    file system of the new file cannot hold is left out.
    """
    old_stat, new_stat = os.fstat(old), os.fstat(new)
    ignored = contextlib.nullcontext() if required else contextlib.suppress(OSError)
    with ignored:
        if (old_stat.st_uid, old_stat.st_gid) != (new_stat.st_uid, new_stat.st_gid):
            os.fchown(new, old_stat.st_uid, old_stat.st_gid)
    with ignored:
        os.fchmod(new, stat.S_IMODE(old_stat.st_mode))
    for name in _list_xattrs(old):
        with ignored, _ignore_system_xattr(name):
            os.setxattr(new, name, os.getxattr(old, name))
    if keep_times:
        with ignored:
            os.utime(new, ns=(old_stat.st_atime_ns, old_stat.st_mtime_ns))


def _list_xattrs(handle: int) -> list[str]:
    if sys.platform != "linux":
        return []
    try:
        return os.listxattr(handle)
    except OSError:  # a file system without extended attributes
        return []


@contextlib.contextmanager
def _ignore_system_xattr(name: str) -> Iterator[None]:
    """Ignore failures to copy an extended attribute that the system manages.

    An example is a security label.
    """
    try:
        yield
    except OSError:
        if name.startswith(_REQUIRED_XATTRS):
            raise


def link_into_place(temp_path: Path, path: Path) -> bool:
    """Link a temporary file to its final name; return False if the name is taken."""
    try:
        os.link(temp_path, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _LINK_UNSUPPORTED:
            raise
        return _reserve_and_rename(temp_path, path)
    return True


def _reserve_and_rename(temp_path: Path, path: Path) -> bool:
    """Rename a temporary file to its final name; return False if the name is taken.

    For file systems without hard links: an empty file reserves the name, and a kill leaves that
    behind.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    except FileExistsError:
        return False
    temp_path.replace(path)
    return True
