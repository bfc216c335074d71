"""A person's file replaced whole: the old one or the new one, and nothing between.

1. The new file is written beside the old one under a hidden name that no scan takes for audio.
2. While it is brought to the disk, it is checked, and so is the way back.
3. What makes the change undoable is recorded.
4. If the old file is still the one that was read, and no other writer of ours is at this point, the
   new one takes its name.
5. The folder is brought to the disk.

Whatever fails, the old file stays and the new one is removed; a kill may leave it, and the next
command that writes removes it, as `temp_copies` tells.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mediakeep import files
from mediakeep.errors import ChangedMeanwhile, NoRoom, Refused
from mediakeep.media import access, temp_copies
from mediakeep.media.splices import pieces
from mediakeep.media.splices.pieces import Piece
from mediakeep.media.temp_copies import Copies

_MARGIN = 1 << 20  # bytes that stay free
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MOUNT = "Mount it writable, then run again."
_RIGHTS = "Give this user the right to write it and its folder, then run again."
_BREAK = (
    'All of them would have to be written. Set hardlinks to "break" to give this name'
    " a file of its own."
)
_BOUND = ("user.", "system.posix_acl_access")  # attributes that must not be lost
_sweep = lru_cache(maxsize=1000)(temp_copies.sweep)  # once: 20,000 files take 20 ms to look through


@dataclass(frozen=True)
class Rules:
    """What a person has set about replacing files."""

    hardlinks: str = "refuse"  # or "break"
    keep_mtime: bool = False  # whether the new file bears the old one's time


@dataclass(frozen=True)
class Original:
    """The file that is to be replaced: open, and known by what it was when it was opened."""

    path: Path  # no symbolic link
    handle: int
    facts: os.stat_result

    def is_unchanged(self) -> bool:
        """Tell whether the name still stands for this very file, and nobody has written to it."""
        try:
            return identity(self.path.stat(follow_symlinks=False)) == identity(self.facts)
        except OSError:
            return False


def identity(facts: os.stat_result) -> tuple[int, int, int, int, int]:
    """Return what tells a file in its present state from all others."""
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Original]:
    """Open a file for a `with` block; Unreadable where that is refused.

    What the system says within the block becomes NoRoom, Refused or ChangedMeanwhile.
    """
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        refused = error if isinstance(error, OSError) else OSError(errno.ELOOP, str(error))
        raise access.refusal(path, refused) from error
    with access.opened(real) as handle, _translated(real):
        yield Original(real, handle.fileno(), os.fstat(handle.fileno()))


def replace(
    original: Original,
    parts: list[Piece],
    check: Callable[[Path, int], None],
    record: Callable[[], None],
    rules: Rules,
    copies: Copies,
) -> None:
    """Put a file made of `parts` in the place of the original.

    `check` gets the new file before it has the name, and `record` is called when all is well; what
    they raise goes on to the caller. Only to be called while the original is `opened`.
    """
    permit(original, rules)
    _sweep(original.path.parent)
    _find_room(original.path, pieces.size(parts))
    beside = temp_copies.name_for(original.path)
    with copies.noted(beside):
        _replace(original, parts, check, record, rules, beside)
    with contextlib.suppress(OSError):  # a power loss may bring the old file back, which is whole
        files.sync_folder(original.path.parent)


def _replace(
    original: Original,
    parts: list[Piece],
    check: Callable[[Path, int], None],
    record: Callable[[], None],
    rules: Rules,
    beside: Path,
) -> None:
    new = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        try:
            temp_copies.lock(new)
            pieces.write(parts, original.handle, new)
            _dress(original, new, rules)
            with ThreadPoolExecutor(1) as aside:
                synced = aside.submit(files.sync_data, new)
                check(beside, new)
            synced.result()
        finally:
            os.close(new)
        record()
        if not _alone(original.handle) or not original.is_unchanged():
            raise ChangedMeanwhile(files.escape(original.path))
        beside.replace(original.path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _alone(handle: int) -> bool:
    """Shut other writers of ours out until the file is closed, if its disk knows locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def permit(original: Original, rules: Rules) -> None:
    """Raise Refused where a file is read-only for this user, or has other names."""
    path = files.escape(original.path)
    if original.facts.st_nlink > 1 and rules.hardlinks != "break":
        names = f"it has {original.facts.st_nlink} names (hard links)"
        raise Refused(path, names, _BREAK)
    for place in (original.path, original.path.parent):
        _check_rights(path, place)


@contextlib.contextmanager
def adding(path: Path, size: int = 0) -> Iterator[None]:
    """Make sure that a folder can be written, and has room for a new file of so many bytes.

    What the system says within a `with` block becomes NoRoom or Refused.
    """
    with _translated(path):
        _check_rights(files.escape(path), path.parent)
        if size:
            _sweep(path.parent)
            _find_room(path, size)
        yield


def _check_rights(path: str, place: Path) -> None:
    if os.access(place, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        return
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        raise Refused(path, "its file system is mounted read-only", _MOUNT)
    raise Refused(path, f"this user may not write to {files.display_path(place)}", _RIGHTS)


def _find_room(path: Path, size: int) -> None:
    disk = os.statvfs(path.parent)
    free = disk.f_bavail * disk.f_frsize
    if free < size + _MARGIN:
        raise NoRoom(
            f"There is no room to write {files.display_path(path)} safely:"
            f" {size + _MARGIN:,} bytes are needed, {free:,} are free."
        )


def _dress(original: Original, new: int, rules: Rules) -> None:
    """Give the new file owner, mode and attributes of the old one, or say that it cannot be."""
    facts, ours = original.facts, os.fstat(new)
    if (facts.st_uid, facts.st_gid) != (ours.st_uid, ours.st_gid):
        os.fchown(new, facts.st_uid, facts.st_gid)
    os.fchmod(new, stat.S_IMODE(facts.st_mode))
    if sys.platform == "linux":
        for name in _attributes(original.handle):
            with _attribute(name):
                os.setxattr(new, name, os.getxattr(original.handle, name))
    if rules.keep_mtime:
        os.utime(new, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _attributes(handle: int) -> list[str]:
    try:
        return os.listxattr(handle)
    except OSError:  # a file system without any
        return []


@contextlib.contextmanager
def _attribute(name: str) -> Iterator[None]:
    """The system sets its own attributes, such as labels of security, as it likes."""
    try:
        yield
    except OSError:
        if name.startswith(_BOUND):
            raise


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Put what the system says into our own words."""
    try:
        yield
    except pieces.Shorter as error:
        raise ChangedMeanwhile(files.escape(path)) from error
    except OSError as error:
        if isinstance(error, TimeoutError) and error.errno is None:
            raise  # not the disk's time is up, but that of whoever called
        if error.errno in _FULL:
            raise NoRoom(
                f"The disk became full while {files.display_path(path)} was written."
            ) from error
        raise Refused(files.escape(path), error.strerror or str(error), _RIGHTS) from error
