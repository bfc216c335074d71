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
from mediakeep.errors import UsageFailed
from mediakeep.kinds import Kind
from mediakeep.queue.backups import archive, content, frozen
from mediakeep.queue.backups.archive import Head
from mediakeep.queue.check import Outputs
from mediakeep.queue.rewrite import Place

SUFFIX = ".tar.gz"
_SUFFIXES = (SUFFIX, ".tar")
_HIDDEN = ".mediakeep_"
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
        beside = work / "backup"
        with _stream(beside, compressed=not given.name.endswith(".tar")) as stream:
            head = content.write(stream, work, place, outputs, now)
        size = beside.stat().st_size
        path = _dated(beside, folder, stem) if stem else _named(beside, given)
        files.sync_folder(folder)
    return Made(path, size, head)


def newest(folder: Path, kind: Kind) -> datetime | None:
    """Return the time of the newest backup in a folder, by its name; None where there is none."""
    name = re.compile(
        rf"mediakeep_{kind.name}_(\d{{4}}-\d\d-\d\d_\d{{6}})(_\d+)?{re.escape(SUFFIX)}"
    )
    times = []
    for path in folder.iterdir():
        if found := name.fullmatch(path.name):
            with contextlib.suppress(ValueError):  # no such day
                times.append(datetime.strptime(found[1], _TIME).replace(tzinfo=UTC))
    return max(times, default=None)


def _check(place: Place, folder: Path) -> None:
    """Refuse a folder that is not there, or that would be in its own backup."""
    shown = files.escape(folder)
    if not folder.is_dir():
        raise UsageFailed(
            f"The folder {shown}, where the backup should go, is not there. Is its disk mounted?"
            " Nothing was written."
        )
    home = place.folder.parent.parent
    for name in (f"status/{place.folder.name}", *(f"status/{name}" for name in archive.SHARED)):
        if folder.resolve().is_relative_to((home / name).resolve()):
            raise UsageFailed(f"{shown} lies within what is backed up. Choose another folder.")


@contextlib.contextmanager
def _hidden(folder: Path) -> Iterator[Path]:
    """Make a hidden folder to work in, and remove those of dead writers."""
    for left in folder.glob(_HIDDEN + "*"):
        with contextlib.suppress(OSError), _locked(left):
            shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=_HIDDEN, dir=folder))
    try:
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):  # a disk without locks
                stack.enter_context(_locked(work))
            yield work
    except OSError as error:
        error.filename = error.filename or os.fspath(folder)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


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
    return UsageFailed(f"{files.escape(path)} exists already, and is left as it is.")


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
