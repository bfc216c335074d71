"""The kernel's lock of a queue: who waits for long is shown who holds it.

Linux lists the holders of locks in /proc/locks. Elsewhere, and where the holder belongs to another
user or container, only the sessions that are at work are known.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from mediakeep import files
from mediakeep.errors import LockingUnsupported

FILE = "processing_queue.lock"
PATIENCE = 5.0  # seconds of waiting before the holder is shown
Notice = Callable[[str], object]
Holder = Callable[[], str]

_LOCKS, _PROCESSES = Path("/proc/locks"), Path("/proc")
_MOUNTS = Path("/proc/self/mountinfo")


def acquire(handle: int, path: str, notice: Notice, holder: Holder) -> None:
    """Lock an open file; after PATIENCE seconds of waiting, give what `holder` says to `notice`.

    LockingUnsupported if the file system has no locks.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _wait(handle, notice, holder)
    except OSError as error:
        raise _no_locks(path, error.strerror or str(error)) from error


def _wait(handle: int, notice: Notice, holder: Holder) -> None:
    over, patience = threading.Event(), PATIENCE

    def watch() -> None:
        # Signals are for the main thread: here they would not end its wait.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        if not over.wait(patience):
            notice(f"Waiting for the queue's lock for {patience:g} s. It is held by {holder()}.")

    threading.Thread(target=watch, daemon=True).start()
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    finally:
        over.set()


def require_exclusive(path: str) -> None:
    """Raise LockingUnsupported if the holder of a lock can get it again from the system."""
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    finally:
        os.close(handle)
    raise _no_locks(path, "two processes would get the same lock")


def holder_text(path: str, sessions: dict[int, str]) -> str:
    """Name the processes that hold a lock; `sessions` are those at work here, by process.

    Where the holders are unknown, these sessions are named.
    """
    found = [_process_text(pid, sessions) for pid in _holders(path)]
    if found:
        return " and ".join(found)
    known = [f"session {name} (process {pid})" for pid, name in sessions.items()]
    return f"another process; at work are: {', '.join(known)}" if known else "another process"


def _process_text(pid: int, sessions: dict[int, str]) -> str:
    told = f"process {pid}"
    with contextlib.suppress(OSError):
        words = (_PROCESSES / str(pid) / "cmdline").read_bytes().split(b"\0")[:-1]
        if words:
            told += f" ({files.printable(shlex.join(map(os.fsdecode, words)))})"
    return f"{told}, session {sessions[pid]}" if pid in sessions else told


def _holders(path: str) -> Iterator[int]:
    """Give the processes that hold a lock of a file, as far as this one may know.

    A line: `1: FLOCK ADVISORY WRITE 1234 08:01:5678 0 EOF`; with "->" it waits. The device may be
    another one than stat tells (btrfs), so a process must also have the file open, if that can be
    seen.
    """
    try:
        inode, lines = os.stat(path).st_ino, _LOCKS.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        words = line.split()
        if len(words) == 8 and words[1] == "FLOCK" and words[5].endswith(f":{inode}"):
            pid = int(words[4])
            if pid > 0 and _has_open(pid, path):
                yield pid


def _has_open(pid: int, path: str) -> bool:
    """Tell whether a process has a file open; True if that cannot be seen."""
    try:
        here = os.stat(path)
        for one in (_PROCESSES / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                if os.path.samestat(one.stat(), here):
                    return True
    except FileNotFoundError:
        return False  # it has ended
    except OSError:
        return True
    return False


def _no_locks(path: str, reason: str) -> LockingUnsupported:
    folder = Path(path).parent
    mount, kind = _mount(folder)
    where = f"{files.display_path(mount)} ({kind})" if kind else "the file system"
    return LockingUnsupported(files.escape(folder), where, reason)


def _mount(folder: Path) -> tuple[str, str]:
    """Return where the file system of a folder is mounted, and its type; "" if unknown.

    proc(5): fields before " - " are optional from the seventh on; blanks are written \\040.
    """
    best = ("", "")
    with contextlib.suppress(OSError):
        there = os.path.realpath(folder)
        for line in _MOUNTS.read_text().splitlines():
            before, _, after = line.partition(" - ")
            point = before.split()[4].encode().decode("unicode_escape")
            inside = point == "/" or there == point or there.startswith(point + "/")
            if inside and len(point) >= len(best[0]):
                best = (point, after.split()[0])
    return best
