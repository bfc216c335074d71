"""Replace a user's file atomically: there is always either the old file or the new one.

1. Write the new file next to the old one, under a hidden name that no scan takes for audio: it is
   assembled from parts of the old one, or is a copy that is changed in place.
2. Verify it, and that the change can be undone, while the system writes it to the disk; sync it.
3. Write the undo record.
4. If the old file is unchanged, and no other mediakeep process is at this step, rename the new file
   over it.
5. The caller syncs the folder. Before that, a power loss may restore the old file, which is intact.

If anything fails, the old file stays and the new one is removed. After a kill, the next command
that writes removes the new file, see `temp_copies`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from mediakeep import atomic_files, file_copies, path_text, step_log
from mediakeep.errors import ConcurrentChange, DiskFull, WriteRefused
from mediakeep.media import open_file, temp_copies
from mediakeep.media.safewrite import file_assembly
from mediakeep.media.safewrite.file_assembly import FilePart
from mediakeep.media.temp_copies import TempCopies

_FREE_MARGIN = 1 << 20  # bytes to keep free
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MOUNT_HINT = "Mount it writable, then run again."
_PERMISSION_HINT = "Grant this user write permission for it and its folder, then run again."
_HARDLINK_HINT = (
    'Set hardlinks to "break" to replace it by a separate file; the other names keep the old one.'
)
# once per folder: 20 ms for 20,000 files
_remove_stale_once = lru_cache(maxsize=1000)(temp_copies.remove_stale)

_MOVED_LINK = "since it was read, a link was put in its path, changed or removed"
_REREAD_HINT = "Run again, so that it is read where the link leads."

ChangeCopy = Callable[[int], None]


@dataclass(frozen=True)
class ReplaceRules:
    """The user's settings for replacing files: hard links and modification times."""

    hardlinks: str = "refuse"  # or "break"
    keep_mtime: bool = False  # whether to keep the modification time
    # modification time of the new file, as of the version that it restores
    mtime_ns: int = field(default=0, kw_only=True)
    # where the file was when it was read, without links
    real_path: Path | None = field(default=None, kw_only=True)

    def set_mtime(self, handle: int) -> None:
        """Set the modification time of a new file, if one is given."""
        if self.mtime_ns:
            os.utime(handle, ns=(self.mtime_ns, self.mtime_ns))

    def check_real_path(self, path: Path) -> None:
        """Raise WriteRefused if links now lead to another place than when the file was read."""
        if self.real_path not in (None, path):
            raise WriteRefused(path_text.escape_path(path), _MOVED_LINK, _REREAD_HINT)


@dataclass(frozen=True)
class OriginalFile:
    """A file that will be replaced: its open handle, and its stat result when it was opened."""

    path: Path  # no symbolic link
    handle: int
    stat: os.stat_result

    def is_unchanged(self) -> bool:
        """Return True if the path still refers to this file and nobody has written to it."""
        try:
            return stat_identity(self.path.stat(follow_symlinks=False)) == stat_identity(self.stat)
        except OSError:
            return False


def stat_identity(facts: os.stat_result) -> tuple[int, int, int, int, int]:
    """Return the stat values that identify a file in its current state.

    They are device, inode, size, and mtime and ctime in nanoseconds.
    """
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


@contextlib.contextmanager
def open_original(path: Path) -> Iterator[OriginalFile]:
    """Open a file that will be replaced in a `with` block; raise Unreadable if that fails.

    System errors within the block become DiskFull, WriteRefused or ConcurrentChange.
    """
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        os_error = error if isinstance(error, OSError) else OSError(errno.ELOOP, str(error))
        raise open_file.to_unreadable(path, os_error) from error
    with open_file.open_regular_file(real) as handle, _translate_errors(real):
        yield OriginalFile(real, handle.fileno(), os.fstat(handle.fileno()))


def replace_file(
    original: OriginalFile,
    parts: list[FilePart],
    check: Callable[[Path, int], None],
    record: Callable[[], None],
    rules: ReplaceRules,
    copies: TempCopies,
    change_copy: ChangeCopy | None = None,
) -> None:
    """Replace the original file by a new file assembled from `parts`.

    `change_copy`, if given, then changes the new file, whose handle it gets. Before the rename,
    `check` is called with the path and handle of the new file, then `record`; the exceptions of all
    three are passed on. Call this within `open_original` only, and sync the folder afterwards.
    """
    check_writable(original, rules)
    _remove_stale_once(original.path.parent)
    _check_free_space(original.path, file_assembly.total_parts_size(parts))
    temp_path = temp_copies.new_copy_path(original.path)
    with copies.register(temp_path):
        _write_and_rename(original, parts, check, record, rules, temp_path, change_copy)


def _write_and_rename(
    original: OriginalFile,
    parts: list[FilePart],
    check: Callable[[Path, int], None],
    record: Callable[[], None],
    rules: ReplaceRules,
    temp_path: Path,
    change_copy: ChangeCopy | None,
) -> None:
    new = os.open(temp_path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        try:
            temp_copies.lock_file(new)
            file_assembly.write_parts(parts, original.handle, new)
            if change_copy:
                change_copy(new)
            file_copies.copy_metadata(original.handle, new, keep_times=rules.keep_mtime)
            rules.set_mtime(new)
            atomic_files.start_writeback(new)
            check(temp_path, new)
            atomic_files.sync_data(new)
        finally:
            os.close(new)
        record()
        if not _lock_exclusively(original.handle) or not original.is_unchanged():
            raise ConcurrentChange(path_text.escape_path(original.path))
        temp_path.replace(original.path)
        step_log.log_step(f"Changed: {original.path}")
    except BaseException:
        with contextlib.suppress(OSError):
            temp_path.unlink()
        raise


def _lock_exclusively(handle: int) -> bool:
    """Lock a file against other mediakeep processes until it is closed; return True if locked.

    True is also returned if the file system does not support locks.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def check_writable(original: OriginalFile, rules: ReplaceRules) -> None:
    """Raise WriteRefused if the user may not write a file, or if it has several hard links.

    The setting `hardlinks` decides about hard links. Links must lead to it as when it was read.
    """
    rules.check_real_path(original.path)
    path = path_text.escape_path(original.path)
    if original.stat.st_nlink > 1 and rules.hardlinks != "break":
        names = f"it has {original.stat.st_nlink} names (hard links)"
        raise WriteRefused(path, names, _HARDLINK_HINT)
    for target in (original.path, original.path.parent):
        _check_permission(path, target)


@contextlib.contextmanager
def guard_new_file(path: Path, size: int = 0) -> Iterator[None]:
    """Check that a folder is writable and has space for a new file of `size` bytes.

    System errors within the `with` block become DiskFull or WriteRefused.
    """
    with _translate_errors(path):
        _check_permission(path_text.escape_path(path), path.parent)
        if size:
            _remove_stale_once(path.parent)
            _check_free_space(path, size)
        yield


def _check_permission(path: str, target: Path) -> None:
    if os.access(target, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        return
    if os.statvfs(target).f_flag & os.ST_RDONLY:
        raise WriteRefused(path, "its file system is mounted read-only", _MOUNT_HINT)
    raise WriteRefused(
        path, f"this user may not write to {path_text.display_path(target)}", _PERMISSION_HINT
    )


def _check_free_space(path: Path, size: int) -> None:
    disk = os.statvfs(path.parent)
    free = disk.f_bavail * disk.f_frsize
    if free < size + _FREE_MARGIN:
        raise DiskFull(
            f"Not enough disk space to write {path_text.display_path(path)} safely:"
            f" {size + _FREE_MARGIN:,} bytes are needed, {free:,} are free."
        )


@contextlib.contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    """Convert system errors in a `with` block into errors of mediakeep."""
    try:
        yield
    except file_assembly.SourceTruncated as error:
        raise ConcurrentChange(path_text.escape_path(path)) from error
    except OSError as error:
        if isinstance(error, TimeoutError) and error.errno is None:
            raise  # the caller's timeout, not an error of the disk
        if error.errno in _DISK_FULL:
            raise DiskFull(f"Disk full while writing {path_text.display_path(path)}.") from error
        raise WriteRefused(
            path_text.escape_path(path), error.strerror or str(error), _PERMISSION_HINT
        ) from error
