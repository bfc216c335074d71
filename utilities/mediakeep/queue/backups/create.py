"""Write a backup: everything of a queue that cannot be rebuilt, in one archive.

1. The queue is read as it is after one change, without its lock, so a batch never waits.
2. Undo records, logs and outputs are copied after that. The files of a completed item were on the
   disk before it was completed, and files newer than the queue do no harm.

Caches and indexes, which can be rebuilt, are omitted. Checkpoints are omitted too: the queue in the
backup is a checkpoint itself.
"""

from __future__ import annotations

import io
import os
import re
import sqlite3
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from mediakeep import clock, path_text
from mediakeep.errors import StateDamaged
from mediakeep.media import temp_copies
from mediakeep.media.undo import store_lock
from mediakeep.queue import checkpoints, compaction, named_queues, snapshot
from mediakeep.queue.backups import archive, consistent_read
from mediakeep.queue.backups.archive import ArchiveWriter, BackupInfo
from mediakeep.queue.backups.consistent_read import HistoryMonth, QueueAtSeq
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log
from mediakeep.queue.journal_lookup import JOURNAL_FOLDER
from mediakeep.queue.sessions import LIVE_FOLDER
from mediakeep.queue.state import QueueState
from mediakeep.queue.validate import OutputLister

_BUSY_TIMEOUT = 60.0  # seconds to wait for a writer of the database
_BUSY_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def copy_database(path: Path, target: Path) -> None:
    """Copy a SQLite database that other processes may be writing.

    Raise StateDamaged if it is unreadable. This uses the online backup of SQLite
    (sqlite.org/backup.html).
    """
    address = f"{path.absolute().as_uri()}?mode=rw"
    try:
        with (
            closing(sqlite3.connect(address, timeout=_BUSY_TIMEOUT, uri=True)) as source,
            closing(sqlite3.connect(target)) as destination,
        ):
            source.backup(destination, progress=_build_timeout_check())
    except sqlite3.Error as error:
        raise StateDamaged(
            f"{path_text.display_path(path)} cannot be read: {error}. No backup was made. Replace "
            "it"
            " by an older backup, or move it away."
        ) from error


def _build_timeout_check() -> Callable[[int, int, int], None]:
    """Return a progress callback for SQLite's `backup` that ends the copy of a busy database.

    Without it, `backup` would wait forever.
    """
    until = time.monotonic() + _BUSY_TIMEOUT

    def check(status: int, *_: int) -> None:
        if status in _BUSY_CODES and time.monotonic() > until:
            raise sqlite3.OperationalError("database is locked")

    return check


REVIEW_LIST = "outputs/manual_review_needed.json"
UNDO_FOLDER = "undo"
DATABASE_COPY = "copy.db"  # temporary copy of a database
# Folders of the queue that are omitted or written with the queue.
_SEPARATE_FOLDERS = frozenset({event_log.FOLDER, checkpoints.FOLDER, JOURNAL_FOLDER, LIVE_FOLDER})
_REBUILDABLE = re.compile(
    r"\..*|processing_queue\..*|.*\.lock|(history|index)\.db|.*-(wal|shm|journal)"
)
_APPENDED_SUFFIXES = frozenset({".jsonl", ".log"})  # a running batch may append to these
_SEARCH_CHUNK = 1 << 16  # bytes


def write_backup(
    stream: BinaryIO, work: Path, location: QueueLocation, outputs: OutputLister, now: QueueAtSeq
) -> BackupInfo:
    """Write a backup to a stream and return its description.

    `work` is a folder for temporary files.
    """
    state, home = now.state, location.home
    head = _build_info(state, location)
    copier = _HomeCopier(ArchiveWriter(stream, head), home, work)
    copier.add_queue(state, location)
    for month in consistent_read.iter_history_files(location.folder, now):
        copier.add_history_file(month)
    # keeps records and blobs consistent
    with store_lock.shared_lock(home / "status" / UNDO_FOLDER):
        copier.add_files(_list_files(home / "status" / UNDO_FOLDER, (temp_copies.FOLDER,)))
    others = named_queues.list_names(location.folder)  # these have backups of their own
    copier.add_files(_list_files(location.folder, {*_SEPARATE_FOLDERS, *others}))
    for name in archive.SHARED_FOLDERS:
        copier.add_files(_list_files(home / "status" / name) if name != UNDO_FOLDER else ())
    copier.add_files(_list_files(home / "issues" / state.kind.name))
    copier.add_files(_list_output_files(home, state, outputs))
    copier.close()
    return head


def _build_info(state: QueueState, location: QueueLocation) -> BackupInfo:
    return BackupInfo(
        id=os.urandom(8).hex(),
        kind=state.kind.name,
        written=clock.format_iso(location.now()),
        library_path=state.head.library_path,
        seq=state.seq,
        items={**state.build_summary()},
    )


def _list_output_files(home: Path, state: QueueState, outputs: OutputLister) -> Iterator[Path]:
    """Yield the files directly in the home, and each item's output files outside of `issues/`.

    A named queue shares its folder in `issues/` with others, so its items' files there are added.
    """
    yield from (home / name for name in (*archive.HOME_FILES, REVIEW_LIST))
    for item in state.items.values():
        if item.report:
            folders = ("outputs/", "issues/") if state.kind.queue else "outputs/"
            yield from (home / name for name in outputs(item) if name.startswith(folders))


def _list_files(folder: Path, besides: Iterable[str] = ()) -> Iterator[Path]:
    """Yield the files below a folder that cannot be rebuilt, in a stable order.

    Symbolic links to folders are followed, because part of a home may be on another disk.
    """
    seen = set()  # links may form a cycle
    for root, folders, names in os.walk(folder, followlinks=True):
        try:
            info = os.stat(root)
        except FileNotFoundError:
            continue
        if (info.st_dev, info.st_ino) in seen:
            folders[:] = []
            continue
        seen.add((info.st_dev, info.st_ino))
        apart = set(besides) if root == str(folder) else set()
        inner = [x for x in folders if not x.startswith(".") and x not in apart]
        folders[:] = sorted(inner, key=lambda name: (Path(root, name).is_symlink(), name))
        for name in sorted(names):
            path = Path(root, name)
            if not _REBUILDABLE.fullmatch(name) and path.is_file():
                yield path


class _HomeCopier:
    """Copies files of a home into an archive."""

    def __init__(self, packed: ArchiveWriter, home: Path, work: Path) -> None:
        self._writer, self._home, self._work = packed, home, work
        self.close = packed.close

    def add_queue(self, state: QueueState, location: QueueLocation) -> None:
        """Add the queue to the archive as a full snapshot with a new id, like a checkpoint."""
        copy = self._work / snapshot.FILE
        head = compaction.build_snapshot_head(state, location, state.head.generation)
        snapshot.write(str(copy), head, state.items, state.kind.plural)
        self._add_file(location.folder / snapshot.FILE, copy)
        copy.unlink()

    def add_history_file(self, month: HistoryMonth) -> None:
        """Add a monthly file of the history to the archive."""
        name, size = self._relative_name(month.path), month.end + len(month.appended)
        if not month.end:
            self._writer.add_file(archive.build_header(name, size), io.BytesIO(month.appended))
            return
        with month.path.open("rb") as stream:
            self._writer.add_file(_build_header(name, stream, size), _HistoryReader(stream, month))

    def add_files(self, paths: Iterable[Path]) -> None:
        """Add files to the archive as they are now.

        From files that still grow, only complete lines are added.
        """
        for path in paths:
            if path.suffix == ".db":
                self._add_database(path)
            else:
                self._add_file(path, path)

    def _add_database(self, path: Path) -> None:
        """Add a consistent copy of a SQLite file to the archive."""
        copy = self._work / DATABASE_COPY
        copy_database(path, copy)
        self._add_file(path, copy)
        copy.unlink()

    def _add_file(self, path: Path, content: Path) -> None:
        """Add the content of the file `content` to the archive, under the name of the file `path`.

        A file that no longer exists is skipped.
        """
        try:
            stream = content.open("rb")
        except FileNotFoundError:
            return
        with stream:
            size = os.fstat(stream.fileno()).st_size
            if path.suffix in _APPENDED_SUFFIXES:
                size = _end_of_last_line(stream, size)
            self._writer.add_file(_build_header(self._relative_name(path), stream, size), stream)

    def _relative_name(self, path: Path) -> str:
        return path.relative_to(self._home).as_posix()


class _HistoryReader:
    """Reads a monthly file of the history as it is in a backup."""

    def __init__(self, stream: BinaryIO, month: HistoryMonth) -> None:
        self._stream, self._left = stream, month.end
        self._appended = io.BytesIO(month.appended)

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left))
        self._left -= len(data)
        return data + self._appended.read(size - len(data))


def _build_header(name: str, stream: BinaryIO, size: int) -> tarfile.TarInfo:
    info = os.fstat(stream.fileno())
    return archive.build_header(name, size, info.st_mode & 0o777, max(int(info.st_mtime), 0))


def _end_of_last_line(stream: BinaryIO, end: int) -> int:
    """Return the byte offset after the last complete line of a file, and rewind the stream."""
    while end:
        start = max(0, end - _SEARCH_CHUNK)
        stream.seek(start)
        if (newline := stream.read(end - start).rfind(b"\n")) >= 0:
            end = start + newline + 1
            break
        end = start
    stream.seek(0)
    return end
