"""Restore a backup; after a kill, either the old state is unchanged or the restore can be resumed.

1. The archive is unpacked into a hidden folder, verified to its end, and synced.
2. That folder is renamed to mark it as complete. From then on, the same command finishes the
   restore.
3. Each file is moved to its final path; a replaced file is moved to a dated folder. Undo records
   are added to the existing records: they refer to the files of the library, which no restore
   changes.
4. The folder of the queue is moved last, with two renames, while the lock of the queue is held.
   Its history is continued with the events since the backup, if it is that of the same queue.
5. The hidden folder is renamed back and removed.
"""

from __future__ import annotations

import contextlib
import errno
import filecmp
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import atomic_files, path_text
from mediakeep.errors import ItemFailed, MediakeepError, StateDamaged, UsageError
from mediakeep.kinds import Kind
from mediakeep.media.audio.essence_db import FILE_NAME, EssenceDatabase
from mediakeep.media.undo import log, store_lock
from mediakeep.queue import checkpoints, compaction, named_queues, sessions, snapshot, stored_stages
from mediakeep.queue.backups import archive, restore_marker
from mediakeep.queue.backups.archive import BackupInfo
from mediakeep.queue.backups.restore_marker import RestoreMarker
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log
from mediakeep.queue.queue import Queue

_ESSENCE_TABLES = ("sound", "finding")
_BUSY_TIMEOUT = 60.0  # seconds to wait for a writer


def merge_essence_databases(current: Path, staged: Path) -> None:
    """Add the rows of the current essence database to a restored one, replacing its rows.

    The rows describe the files of the library, which no restore changes. Nothing is added from a
    damaged database. After a kill, either all rows are added or none, and a second run adds the
    same rows.
    """
    if not (current / FILE_NAME).exists():
        return
    try:
        # checks that it is valid and of this format
        EssenceDatabase.open(current / FILE_NAME, write=False).close()
        EssenceDatabase.open(staged / FILE_NAME, write=True).close()
    except StateDamaged:
        return
    try:
        _merge_rows(current / FILE_NAME, staged / FILE_NAME)
    except sqlite3.Error as error:
        raise ItemFailed(
            f"The essence database {path_text.display_path(current / FILE_NAME)} cannot be "
            f"merged: {error}."
        ) from error


def _merge_rows(path: Path, target: Path) -> None:
    """Add the rows of one SQLite database to another in one synced transaction."""
    with closing(sqlite3.connect(_sqlite_uri(target), uri=True, timeout=_BUSY_TIMEOUT)) as base:
        base.execute("PRAGMA synchronous = EXTRA")
        base.execute("ATTACH ? AS now", (_sqlite_uri(path),))
        existing_tables = {name for (name,) in base.execute("SELECT name FROM now.sqlite_master")}
        with base:
            for table in (name for name in _ESSENCE_TABLES if name in existing_tables):
                base.execute(f"INSERT OR REPLACE INTO main.{table} SELECT * FROM now.{table}")


def _sqlite_uri(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=rw"


def install_file(path: Path, target: Path, replaced: Path) -> None:
    """Move a restored file to its final path `target`.

    A different file at that path is moved to the path `replaced` first.
    """
    if target.is_file() and filecmp.cmp(path, target, shallow=False):
        path.unlink()
        return
    if os.path.lexists(target):
        replaced.parent.mkdir(parents=True, exist_ok=True)
        _move_file(target, compaction.find_unused_path(replaced.parent, replaced.name, ""))
    target.parent.mkdir(parents=True, exist_ok=True)
    _move_file(path, target)


def _move_file(path: Path, target: Path) -> None:
    """Rename a file, or copy it if the new path is on another disk."""
    try:
        os.rename(path, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_synced(path, target)
        path.unlink()


def carry_over_newer_state(current: Path, staged: Path) -> None:
    """Copy what is newer than the backup from the current queue to the restored queue.

    That is the essence database, the session logs, whose numbers are never reused, and the history,
    if it continues that of the backup.
    """
    merge_essence_databases(current, staged)
    names = {path.name.partition(".")[0] for path in (staged / sessions.LOG_FOLDER).glob("*")}
    for path in (current / sessions.LOG_FOLDER).glob("*.log*"):
        target = staged / sessions.LOG_FOLDER / path.name
        new = path.name.partition(".")[0] not in names
        # A log that was copied while its session was running has grown since.
        if sessions.match_session_name(path) and (
            new or (target.exists() and _starts_with(path, target))
        ):
            _copy_synced(path, target)
    restored = event_log.list_files(staged)
    if all(_starts_with(current / event_log.FOLDER / path.name, path) for path in restored):
        for path in event_log.list_files(current):
            _copy_synced(path, staged / event_log.FOLDER / path.name)


def _copy_synced(path: Path, target: Path) -> None:
    atomic_files.make_folder(target.parent)
    temporary = target.with_name(f".{os.urandom(6).hex()}.tmp")
    shutil.copy2(path, temporary)
    with temporary.open("rb") as stream:
        atomic_files.sync_data(stream.fileno())
    os.rename(temporary, target)
    atomic_files.sync_folder(target.parent)


def _starts_with(path: Path, beginning: Path) -> bool:
    """Return whether a file starts with the whole content of the file `beginning`."""
    try:
        with path.open("rb") as longer, beginning.open("rb") as shorter:
            while piece := shorter.read(1 << 20):
                if longer.read(len(piece)) != piece:
                    return False
    except FileNotFoundError:
        return False
    return True


def _check_queue_readable(queue: Path, kind: Kind, path: Path) -> None:
    """Raise an error if this version of mediakeep cannot read the queue in a backup."""
    try:
        snapshot.load(queue, kind)
    except StateDamaged as error:
        shown = f"The {snapshot.FILE} in {path_text.display_path(path)}"
        raise StateDamaged(str(error).replace(path_text.display_path(queue), shown)) from error


_FILES_FOLDER = "files"
_ERRORS_BY_EXIT_CODE: Mapping[int, type[MediakeepError]] = {
    2: UsageError,
    3: StateDamaged,
}  # by exit code


def check_restore(location: QueueLocation, kind: Kind, path: Path) -> BackupInfo:
    """Verify a backup, and check that it can be restored now; return its description.

    After an unfinished restore of it, the backup file is not needed, because it was unpacked
    completely.
    """
    if order := restore_marker.read_marker(location.folder):
        if not _is_same_backup(order, kind, path):
            raise UsageError(
                f"The restore of {order.file} was interrupted. Finish it first: restore that file"
                " again, even if it no longer exists."
            )
        head = msgspec.json.decode(order.head, type=BackupInfo)
    elif path.is_file():
        head = archive.verify_archive(path, kind.name)
    else:
        raise UsageError(f"There is no backup {path_text.display_path(path)}.")
    refuse_live_sessions(location)
    return head


def _is_same_backup(marker: RestoreMarker, kind: Kind, path: Path) -> bool:
    """Return whether a file is the backup of an unfinished restore, or at least has its name."""
    try:
        return archive.read_info(path, kind.name).id == marker.id
    except MediakeepError:
        return path_text.escape_path(path) == marker.file


def refuse_live_sessions(location: QueueLocation) -> None:
    """Raise UsageError if a session of the queue, or of one in its folder, is running."""
    for name in ("", *named_queues.list_names(location.folder)):
        place = structs.replace(location, folder=location.folder / name)
        for path in sessions.list_live_files(place.folder):
            if sessions.is_alive(place, path.stem):
                queue = f"the queue {name} in its folder" if name else "this queue"
                raise UsageError(
                    f"Session {path.stem} is using {queue}. Stop it or wait for its end, then run"
                    " again."
                )


@contextlib.contextmanager
def _lock_queues(location: QueueLocation) -> Iterator[None]:
    """Hold the locks of a queue and of those in its folder, of which no session is running."""
    with contextlib.ExitStack() as stack:
        for name in ("", *named_queues.list_names(location.folder)):
            place = structs.replace(location, folder=location.folder / name)
            if place.folder.is_dir():
                stack.enter_context(sessions.lock_queue(place))
        refuse_live_sessions(location)
        yield


def restore_backup(location: QueueLocation, kind: Kind, path: Path) -> Path | None:
    """Restore a backup, or finish an unfinished restore of it.

    Return the folder with the replaced files, or None if no file was replaced.
    """
    status = location.home / "status"
    atomic_files.make_folder(location.folder.parent)
    with _hold_restore_lock(status):
        order = restore_marker.read_marker(location.folder) or _stage_backup(location, kind, path)
        replaced = status / order.replaced
        with _note_unfinished_restore():
            refuse_live_sessions(location)
            _install_files(location, replaced)
            _install_queue(location, replaced)
            # done, even if the removal is killed
            os.rename(restore_marker.marker_folder(location.folder), _unpack_folder(location))
            atomic_files.sync_folder(location.folder.parent)
        shutil.rmtree(_unpack_folder(location), ignore_errors=True)
    return replaced if replaced.exists() else None


@contextlib.contextmanager
def _note_unfinished_restore() -> Iterator[None]:
    """Add to the message of an error in the `with` block that the restore is unfinished."""
    try:
        yield
    except (MediakeepError, OSError) as error:
        place, why = getattr(error, "filename", None), getattr(error, "strerror", None)
        prefix = f"{path_text.display_path(place)}: " if isinstance(place, str) else ""
        sentence = f"{prefix}{why}." if why else str(error)
        kind = _ERRORS_BY_EXIT_CODE.get(getattr(error, "exit_code", 1), ItemFailed)
        raise kind(f"{sentence} The restore is unfinished; run it again.") from error


@contextlib.contextmanager
def _hold_restore_lock(status: Path) -> Iterator[None]:
    try:
        with atomic_files.exclusive_lock(status, atomic_files.FOLDER, wait=False):
            yield
    except BlockingIOError as error:
        raise UsageError(
            f"Another restore is running in {path_text.display_path(status)}."
        ) from error


def _unpack_folder(location: QueueLocation) -> Path:
    return restore_marker.marker_folder(location.folder).with_suffix(".tmp")


def _stage_backup(location: QueueLocation, kind: Kind, path: Path) -> RestoreMarker:
    """Unpack a backup completely into a hidden folder, and mark the restore as begun.

    An error, such as a full disk, leaves nothing behind.
    """
    staging, status = _unpack_folder(location), location.home / "status"
    restore_marker.refuse_unfinished_below(location.folder)
    refuse_live_sessions(location)
    shutil.rmtree(staging, ignore_errors=True)  # left by a killed restore; no other is running
    replaced = compaction.find_unused_path(status, f"replaced_{location.file_timestamp()}", "").name
    try:
        files = staging / _FILES_FOLDER
        head = archive.unpack_archive(path, kind.name, files)
        unpacked = files / "status" / kind.name
        stored = stored_stages.load_kind(unpacked, kind)
        _check_queue_readable(unpacked / snapshot.FILE, stored, path)
        raw = msgspec.Raw(msgspec.json.encode(head))
        order = RestoreMarker(
            head.id, path_text.escape_path(path), replaced, kind.manager_script, raw
        )
        atomic_files.write_atomic(staging / restore_marker.MARKER_FILE, msgspec.json.encode(order))
        os.sync()  # one call, because syncing thousands of reports one by one takes long
        with contextlib.suppress(MediakeepError, OSError):  # adds its last records to the history
            if checkpoints.has_queue_files(location.folder):
                Queue.open(location, stored_stages.load_kind(location.folder, kind)).close()
        with _lock_queues(location):
            # from here on no batch can start
            os.rename(staging, restore_marker.marker_folder(location.folder))
        atomic_files.sync_folder(location.folder.parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return order


def _install_files(location: QueueLocation, replaced: Path) -> None:
    """Move all restored files except the queue to their final paths.

    The log of undo records comes last.
    """
    home, staged = location.home, restore_marker.marker_folder(location.folder) / _FILES_FOLDER
    own, undo = staged / location.folder.relative_to(home), staged / "status" / "undo"
    logs = sorted(undo.glob("*.jsonl"))
    for root, folders, names in os.walk(staged):
        folders[:] = sorted(name for name in folders if Path(root, name) != own)
        for path in (Path(root, name) for name in sorted(names)):
            if path not in logs:
                name = path.relative_to(staged)
                install_file(path, home / name, replaced / name)
    os.sync()
    if logs:
        target = home / "status" / "undo"
        target.mkdir(parents=True, exist_ok=True)
        with store_lock.exclusive_lock(target):
            for path in logs:
                log.merge_logs(target / path.name, path)


def _install_queue(location: QueueLocation, replaced: Path) -> None:
    """Move the restored folder of the queue to its final path, as the last step of a restore."""
    own = location.folder.relative_to(location.home)
    staged = restore_marker.marker_folder(location.folder) / _FILES_FOLDER / own
    if not staged.is_dir():
        return  # done before an interruption
    with _lock_queues(location):
        if location.folder.is_dir():
            carry_over_newer_state(location.folder, staged)
            for name in named_queues.list_names(location.folder):
                os.rename(location.folder / name, staged / name)
            old = (replaced / own).parent
            old.mkdir(parents=True, exist_ok=True)
            os.rename(location.folder, compaction.find_unused_path(old, location.folder.name, ""))
            atomic_files.sync_folder(old)
        os.rename(staged, location.folder)
        atomic_files.sync_folder(location.folder.parent)
