"""Where backups lie: how they are named, when the next is due, and how one gets its name.

A backup is written in a hidden folder beside its place, synced, and gets its name in one step. The
hidden folder is locked by its writer, so whoever can lock it knows that its writer is dead.
"""

from __future__ import annotations

import contextlib
import fcntl
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

from mediakeep import files
from mediakeep.errors import MediakeepError, UsageFailed
from mediakeep.kinds import Kind
from mediakeep.queue import snapshot
from mediakeep.queue.backups import archive, content, frozen
from mediakeep.queue.backups.archive import Head
from mediakeep.queue.check import Outputs
from mediakeep.queue.rewrite import Place

SUFFIX = ".tar.gz"
_SUFFIXES = (SUFFIX, ".tar")
_HIDDEN = ".mediakeep_backup_"
_ARCHIVE = "backup"  # its name in the hidden folder
_OURS = frozenset({_ARCHIVE, snapshot.FILE, content.COPY, f"{content.COPY}-journal"})
_TIME = "%Y-%m-%d_%H%M%S"
_LEVEL = 6  # of compression; more costs time and saves next to nothing


class Made(msgspec.Struct, frozen=True):
    """A backup that was made."""

    path: Path
    bytes: int
    head: Head


def make(place: Place, kind: Kind, outputs: Outputs, given: Path) -> Made:
    """Make a backup in a folder, under a name of its time, or as the file that was named.

    UsageFailed where that cannot be; an OSError, such as a full disk, leaves nothing behind.
    """
    named = given.name.endswith(_SUFFIXES) and not given.is_dir()
    folder = given.parent if named else given
    _check(place, folder)
    if named and os.path.lexists(given):
        raise _taken(given)
    now = frozen.read(place, kind)
    stem = "" if named else f"mediakeep_{kind.name}_{place.now():{_TIME}}"
    with _hidden(folder) as work:
        beside = work / _ARCHIVE
        with _stream(beside, compressed=not (named and given.name.endswith(".tar"))) as stream:
            head = content.write(stream, work, place, outputs, now)
        size = beside.stat().st_size
        path = _dated(beside, folder, stem) if stem else _named(beside, given)
        files.sync_folder(folder)
    return Made(path, size, head)


def newest(folder: Path, place: Place, kind: Kind) -> datetime | None:
    """Return the time of the newest backup of a queue's library in a folder; None where none is.

    Left out are those that a clock which was ahead has dated, and those that cannot be read.
    """
    own = snapshot.head(place.folder / snapshot.FILE, kind)
    for time, path in sorted(_times(folder, kind), reverse=True):
        with contextlib.suppress(MediakeepError):
            library = archive.head(path, kind.name).library_path
            if time <= place.now() and (own is None or library == own[0].library_path):
                return time
    return None


def _times(folder: Path, kind: Kind) -> Iterator[tuple[datetime, Path]]:
    """Give the backups that bear a name of their time."""
    name = re.compile(
        rf"mediakeep_{kind.name}_(\d{{4}}-\d\d-\d\d_\d{{6}})(_\d+)?{re.escape(SUFFIX)}"
    )
    for path in folder.iterdir():
        if found := name.fullmatch(path.name):
            with contextlib.suppress(ValueError):  # no such day
                yield datetime.strptime(found[1], _TIME).replace(tzinfo=UTC), path


def _check(place: Place, folder: Path) -> None:
    """Refuse a folder that is not there, or that would be in its own backup."""
    shown = files.escape(folder)
    if not folder.is_dir():
        raise UsageFailed(
            f"The folder {shown}, where the backup should go, is not there. Is its disk mounted?"
            " Nothing was written."
        )
    home = place.folder.parent.parent
    own = (f"{part}/{place.folder.name}" for part in ("issues", "status"))
    for name in (*own, *(f"status/{name}" for name in archive.SHARED)):
        if folder.resolve().is_relative_to((home / name).resolve()):
            raise UsageFailed(f"{shown} lies within what is backed up. Choose another folder.")


@contextlib.contextmanager
def _hidden(folder: Path) -> Iterator[Path]:
    """Make a hidden folder to work in, and remove those of dead writers."""
    for left in folder.glob(_HIDDEN + "*"):
        with contextlib.suppress(OSError), _locked(left):
            if _OURS.issuperset(os.listdir(left)):  # a folder of the user may bear such a name
                shutil.rmtree(left, ignore_errors=True)
    with contextlib.ExitStack() as stack:
        work = _fresh(folder, stack)
        try:
            yield work
        except OSError as error:
            error.filename = error.filename or os.fspath(folder)
            raise
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _fresh(folder: Path, stack: contextlib.ExitStack) -> Path:
    """Make a hidden folder and lock it; before that another backup may take it for a dead one's."""
    while True:
        work = Path(tempfile.mkdtemp(prefix=_HIDDEN, dir=folder))
        with contextlib.suppress(OSError):  # a disk without locks
            stack.enter_context(_locked(work))
        if work.is_dir():
            return work


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock; OSError where another has it, or where there are none."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _stream(path: Path, *, compressed: bool) -> Iterator[BinaryIO]:
    """Open a new file that only its owner may read; it is on the disk when all was well."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as raw:
        if compressed:
            with gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as stream:
                yield cast(BinaryIO, stream)
        else:
            yield raw
        raw.flush()
        files.sync_data(handle)


def _dated(beside: Path, folder: Path, stem: str) -> Path:
    number = 1
    while True:
        path = folder / f"{stem}{f'_{number}' if number > 1 else ''}{SUFFIX}"
        with contextlib.suppress(FileExistsError):
            _give(beside, path)
            return path
        number += 1


def _named(beside: Path, path: Path) -> Path:
    try:
        _give(beside, path)
    except FileExistsError as error:
        raise _taken(path) from error
    return path


def _taken(path: Path) -> UsageFailed:
    return UsageFailed(f"{files.display_path(path)} exists already, and is left as it is.")


def _give(beside: Path, path: Path) -> None:
    """Give a file its name, never one that is taken; FileExistsError where it is."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without links, as many a backup disk has
        if os.path.lexists(path):
            raise FileExistsError(path) from error
        os.rename(beside, path)
