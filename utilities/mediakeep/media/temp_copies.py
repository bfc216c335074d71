"""Track the hidden temporary copies next to users' files, so that none is left behind.

    status/undo/copies/1f2e3d4c5b6a.paths   current copies of one process, NUL-terminated paths

1. Before a process creates a copy, it writes the path to its note, a file that it keeps locked.
2. While it writes the copy, it keeps that locked, too.
3. A kill releases both locks. The next process to start removes the copies listed in unlocked
   notes, and then the notes.

After a power loss a note may be missing; `remove_stale` removes copies that are an hour old.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from mediakeep import atomic_files
from mediakeep.errors import RecordNotWritten

FOLDER = "copies"  # in the undo store

_NAME_PATTERN = re.compile(r"\.[0-9a-f]{12}\.tmp")
_SUFFIX = ".paths"
_MAX_NOTE_SIZE = 1 << 20  # bytes
_STALE_SECONDS = 3600.0  # seconds


def new_copy_path(path: Path) -> Path:
    """Return a new path for a hidden temporary copy next to a file."""
    return path.parent / f".{os.urandom(6).hex()}.tmp"


class TempCopies:
    """The hidden temporary copies of one process, noted in a file.

    `folder` is where the note is; it is created with the first copy.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._note: tuple[Path, FileIO] | None = None  # closed with the object at the latest
        self._owner = 0  # process id: a forked process has its own note
        self._active: list[bytes] = []
        self._guard = threading.Lock()

    @contextlib.contextmanager
    def register(self, copy: Path) -> Iterator[None]:
        """Note a temporary copy that exists only in a `with` block; raise RecordNotWritten."""
        entry = os.fsencode(copy.absolute())
        with self._guard:
            self._write_note([*self._active, entry])
        try:
            yield
        finally:
            with self._guard, contextlib.suppress(ValueError):
                self._active.remove(entry)

    def close(self) -> None:
        """Remove the note of this process, unless it still has temporary copies."""
        with self._guard, contextlib.suppress(OSError):
            if self._note and self._owner == os.getpid() and not self._active:
                path, file = self._note
                self._note = None
                with file:
                    path.unlink()

    def _write_note(self, active: list[bytes]) -> None:
        try:
            if self._note is None or self._owner != os.getpid():
                self._note, self._owner, active = self._open_note(), os.getpid(), active[-1:]
            handle = self._note[1].fileno()
            size = os.pwrite(handle, b"".join(entry + b"\0" for entry in active), 0)
            os.ftruncate(handle, size)
        except OSError as error:
            raise RecordNotWritten(self._folder, error.strerror or error) from error
        self._active = active

    def _open_note(self) -> tuple[Path, FileIO]:
        atomic_files.make_folder(self._folder, sync=False)
        while True:
            path = self._folder / f"{os.urandom(6).hex()}{_SUFFIX}"
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            lock_file(handle)
            if os.fstat(handle).st_nlink:
                return path, FileIO(handle, "r+")
            os.close(handle)  # a cleanup removed it before the lock


def lock_file(handle: int) -> None:
    """Lock a file until it is closed, if its file system supports locks."""
    with contextlib.suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_EX)


def remove_abandoned(store: Path) -> int:
    """Remove the temporary copies of dead processes, and return how many were removed.

    `store` is the undo folder. Copies on a disk that is not mounted stay noted.
    """
    return sum(map(_clean_note, sorted((store / FOLDER).glob(f"*{_SUFFIX}"))))


def remove_stale(folder: Path) -> None:
    """Remove temporary copies from a folder if they are an hour old and no process locks them."""
    for path in folder.glob(".????????????.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat(follow_symlinks=False).st_mtime > _STALE_SECONDS:
                _remove_copy(path)


def _clean_note(note: Path) -> int:
    """Remove the temporary copies that a note lists, then the note, if its process is dead.

    Return the number of copies removed.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW
    with (
        contextlib.suppress(OSError),  # its process is alive, locks unsupported, access denied
        atomic_files.exclusive_lock(note, flags, wait=False) as handle,
    ):
        entries = os.pread(handle, _MAX_NOTE_SIZE, 0).split(b"\0")[:-1]
        results = [_remove_copy(Path(os.fsdecode(entry))) for entry in entries]
        if None not in results:
            note.unlink()
        return sum(filter(None, results))
    return 0


def _remove_copy(path: Path) -> int | None:
    """Remove a temporary copy; return 1 if removed, 0 if there is none, None if unclear now."""
    if not path.is_absolute() or not _NAME_PATTERN.fullmatch(path.name):
        return 0
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0 if path.parent.is_dir() else None
    except OSError:
        return None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            return 0
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        except OSError:  # locks unsupported: the lock of the note, or the age, is enough
            pass
        if not os.path.samestat(facts, path.stat(follow_symlinks=False)):
            return None
        path.unlink()
        return 1
    except OSError:
        return None
    finally:
        os.close(handle)
