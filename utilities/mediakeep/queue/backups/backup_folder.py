"""The folder that contains backups: their names, the time of the newest, and safe creation.

A backup is written to a hidden folder next to its final path, synced, and then renamed. The hidden
folder is locked by its writer. A process that can lock it knows that the writer is dead.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.errors import MediakeepError, UsageError
from mediakeep.kinds import Kind
from mediakeep.queue import snapshot
from mediakeep.queue.backups import archive, consistent_read, create
from mediakeep.queue.backups.archive import BackupInfo
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.validate import OutputLister

SUFFIX = ".tar.gz"
_SUFFIXES = (SUFFIX, ".tar")
_WORK_PREFIX = ".mediakeep_backup_"
_ARCHIVE_NAME = "backup"  # its file name in the hidden folder
_WORK_FILES = frozenset(
    {_ARCHIVE_NAME, snapshot.FILE, create.DATABASE_COPY, f"{create.DATABASE_COPY}-journal"}
)
_TIME_FORMAT = "%Y-%m-%d_%H%M%S"
_COMPRESSION_LEVEL = 6  # compression; higher levels take longer and save almost nothing


class BackupFile(msgspec.Struct, frozen=True):
    """Path, size and description of a backup that was created."""

    path: Path
    bytes: int
    info: BackupInfo


def create_backup(
    location: QueueLocation, kind: Kind, outputs: OutputLister, target: Path
) -> BackupFile:
    """Create a backup of the queue.

    `target` is a folder, in which the name contains the time, or the path of the new file. Raise
    UsageError if that is not possible. An OSError, such as a full disk, leaves no files.
    """
    is_file = target.name.endswith(_SUFFIXES) and not target.is_dir()
    folder = target.parent if is_file else target
    _check_target_folder(location, folder)
    if is_file and os.path.lexists(target):
        raise _already_exists(target)
    now = consistent_read.read_queue(location, kind)
    stem = "" if is_file else f"{_name_prefix(kind)}{location.now():{_TIME_FORMAT}}"
    with _open_work_folder(folder) as work:
        temporary = work / _ARCHIVE_NAME
        with _open_archive_file(
            temporary, compressed=not (is_file and target.name.endswith(".tar"))
        ) as stream:
            head = create.write_backup(stream, work, location, outputs, now)
        size = temporary.stat().st_size
        path = (
            _publish_dated(temporary, folder, stem) if stem else _publish_named(temporary, target)
        )
        atomic_files.sync_folder(folder)
    return BackupFile(path, size, head)


def find_newest_time(folder: Path, location: QueueLocation, kind: Kind) -> datetime | None:
    """Return the time of the newest backup of the queue's library in a folder, or None.

    Backups with a time in the future, and those that cannot be read, are ignored.
    """
    own = snapshot.read_head(location.folder / snapshot.FILE, kind)
    for time, path in sorted(_iter_dated_backups(folder, kind), reverse=True):
        with contextlib.suppress(MediakeepError):
            library = archive.read_info(path, kind.name).library_path
            if time <= location.now() and (own is None or library == own[0].library_path):
                return time
    return None


def _name_prefix(kind: Kind) -> str:
    return f"mediakeep_{kind.name.replace('/', '_')}_"


def _iter_dated_backups(folder: Path, kind: Kind) -> Iterator[tuple[datetime, Path]]:
    """Yield time and path of each backup file whose name contains a time."""
    name = re.compile(rf"{_name_prefix(kind)}(\d{{4}}-\d\d-\d\d_\d{{6}})(_\d+)?{re.escape(SUFFIX)}")
    for path in folder.iterdir():
        if match := name.fullmatch(path.name):
            with contextlib.suppress(ValueError):  # no such day
                yield datetime.strptime(match[1], _TIME_FORMAT).replace(tzinfo=UTC), path


def _check_target_folder(location: QueueLocation, folder: Path) -> None:
    """Raise UsageError if the folder for a backup is missing, or would be part of the backup."""
    shown = path_text.escape_path(folder)
    if not folder.is_dir():
        raise UsageError(
            f"The backup folder {shown} is missing. Is its disk mounted? Nothing was written."
        )
    home = location.home
    shared = (home / "status" / name for name in archive.SHARED_FOLDERS)
    for part in (location.folder, home / "issues" / location.folder.name, *shared):
        if folder.resolve().is_relative_to(part.resolve()):
            raise UsageError(
                f"The folder {shown} is itself part of the backup. Choose another folder."
            )


@contextlib.contextmanager
def _open_work_folder(folder: Path) -> Iterator[Path]:
    """Create a hidden work folder for a `with` block.

    The work folders of dead writers are removed.
    """
    for left in folder.glob(_WORK_PREFIX + "*"):
        with contextlib.suppress(OSError), _hold_folder_lock(left):
            # the user may have a folder with such a name
            if _WORK_FILES.issuperset(os.listdir(left)):
                shutil.rmtree(left, ignore_errors=True)
    with contextlib.ExitStack() as stack:
        work = _create_locked_folder(folder, stack)
        try:
            yield work
        except OSError as error:
            error.filename = error.filename or os.fspath(folder)
            raise
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _create_locked_folder(folder: Path, stack: contextlib.ExitStack) -> Path:
    """Create a hidden folder and lock it.

    Try again if another backup removes it before it is locked.
    """
    while True:
        work = Path(tempfile.mkdtemp(prefix=_WORK_PREFIX, dir=folder))
        with contextlib.suppress(OSError):  # a file system without locks
            stack.enter_context(_hold_folder_lock(work))
        if work.is_dir():
            return work


def _hold_folder_lock(folder: Path) -> contextlib.AbstractContextManager[int]:
    """Hold the lock of a folder for a `with` block.

    Raise OSError if another process holds it, or if the file system has no locks.
    """
    return atomic_files.exclusive_lock(folder, atomic_files.FOLDER, wait=False)


@contextlib.contextmanager
def _open_archive_file(path: Path, *, compressed: bool) -> Iterator[BinaryIO]:
    """Open a new file that only its owner may read; sync it after the `with` block."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as raw:
        if compressed:
            with gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, raw, mtime=0) as stream:
                yield cast(BinaryIO, stream)
        else:
            yield raw
        raw.flush()
        atomic_files.sync_data(handle)


def _publish_dated(temporary: Path, folder: Path, stem: str) -> Path:
    number = 1
    while True:
        path = folder / f"{stem}{f'_{number}' if number > 1 else ''}{SUFFIX}"
        with contextlib.suppress(FileExistsError):
            _link_or_rename(temporary, path)
            return path
        number += 1


def _publish_named(temporary: Path, path: Path) -> Path:
    try:
        _link_or_rename(temporary, path)
    except FileExistsError as error:
        raise _already_exists(path) from error
    return path


def _already_exists(path: Path) -> UsageError:
    return UsageError(f"{path_text.display_path(path)} already exists. It was not changed.")


def _link_or_rename(temporary: Path, path: Path) -> None:
    """Give a temporary file its final name; raise FileExistsError if that name is taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without hard links, like that of many backup disks
        if os.path.lexists(path):
            raise FileExistsError(path) from error
        os.rename(temporary, path)
