"""The file lock of a queue; after a long wait, the user is told which process holds the lock.

Linux lists the holders of locks in /proc/locks. On other systems, or if the holder belongs to
another user or container, only the sessions in their live files are known.
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

from mediakeep import atomic_files, path_text
from mediakeep.errors import LockingUnsupported

FILE = "processing_queue.lock"
NOTICE_DELAY = 5.0  # seconds of waiting before the holder is reported
NoticeCallback = Callable[[str], object]
HolderCallback = Callable[[], str]

_LOCKS, _PROCESSES = Path("/proc/locks"), Path("/proc")
# While other processes lock files, Linux may leave lines out of /proc/locks. With eight processes
# that locked files all the time, lines were missing in 17 of 645 reads.
_READS = 5
_MOUNTS = Path("/proc/self/mountinfo")


def acquire_lock(handle: int, path: str, notice: NoticeCallback, holder: HolderCallback) -> None:
    """Lock an open file, waiting as long as another process holds the lock.

    After 5 seconds of waiting, call `notice` with a sentence that contains the text returned by
    `holder`. Raise LockingUnsupported if the file system has no locks.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _wait_for_lock(handle, notice, holder)
    except OSError as error:
        raise _build_unsupported_error(path, error.strerror or str(error)) from error


def _wait_for_lock(handle: int, notice: NoticeCallback, holder: HolderCallback) -> None:
    over, patience = threading.Event(), NOTICE_DELAY

    def watch() -> None:
        # Signals are for the main thread: in this thread they would not end its wait.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        if not over.wait(patience):
            notice(f"Waiting for the queue's lock for {patience:g} s. It is held by {holder()}.")

    threading.Thread(target=watch, daemon=True).start()
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    finally:
        over.set()


def check_lock_is_exclusive(path: str) -> None:
    """Raise LockingUnsupported if the system grants a second lock on a file that is locked already.

    The caller must hold the lock of the file `path`.
    """
    with (
        contextlib.suppress(BlockingIOError),
        atomic_files.exclusive_lock(path, os.O_RDWR, wait=False),
    ):
        raise _build_unsupported_error(path, "two processes would get the same lock")


def describe_holders(path: str, sessions: dict[int, str]) -> str:
    """Return a text that names the processes holding the lock on a file.

    `sessions` maps process ids to the sessions running on this machine. They are named if the
    holders are unknown.
    """
    for _ in range(_READS):
        if holders := [_process_text(pid, sessions) for pid in _find_holders(path)]:
            return " and ".join(holders)
    running = [f"session {name} (process {pid})" for pid, name in sessions.items()]
    if running:
        return f"another process; running sessions: {', '.join(running)}"
    return "another process"


def _process_text(pid: int, sessions: dict[int, str]) -> str:
    text = f"process {pid}"
    with contextlib.suppress(OSError):
        words = (_PROCESSES / str(pid) / "cmdline").read_bytes().split(b"\0")[:-1]
        if words:
            text += f" ({path_text.to_printable(shlex.join(map(os.fsdecode, words)))})"
    return f"{text}, session {sessions[pid]}" if pid in sessions else text


def _find_holders(path: str) -> Iterator[int]:
    """Yield the ids of the processes that hold a lock on a file, as far as they are visible.

    A line in /proc/locks is `1: FLOCK ADVISORY WRITE 1234 08:01:5678 0 EOF`; with "->" the process
    only waits. The device may differ from that of stat (on btrfs), so the process must also have
    the file open, if that is visible.
    """
    try:
        inode, lines = os.stat(path).st_ino, _LOCKS.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        words = line.split()
        if len(words) == 8 and words[1] == "FLOCK" and words[5].endswith(f":{inode}"):
            pid = int(words[4])
            if pid > 0 and _has_file_open(pid, path):
                yield pid


def _has_file_open(pid: int, path: str) -> bool:
    """Return whether a process has a file open; True if this user may not see that."""
    try:
        info = os.stat(path)
        for descriptor in (_PROCESSES / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                if os.path.samestat(descriptor.stat(), info):
                    return True
    except FileNotFoundError:
        return False  # the process has ended
    except OSError:
        return True
    return False


def _build_unsupported_error(path: str, reason: str) -> LockingUnsupported:
    folder = Path(path).parent
    mount, kind = _find_mount(folder)
    mount_text = f"{path_text.display_path(mount)} ({kind})" if kind else "the file system"
    return LockingUnsupported(path_text.escape_path(folder), mount_text, reason)


def _find_mount(folder: Path) -> tuple[str, str]:
    """Return the mount point and the type of the file system of a folder; "" if unknown.

    proc(5): fields before " - " are optional from the seventh on; blanks are written \\040.
    """
    best = ("", "")
    with contextlib.suppress(OSError):
        real = os.path.realpath(folder)
        for line in _MOUNTS.read_text().splitlines():
            before, _, after = line.partition(" - ")
            point = before.split()[4].encode().decode("unicode_escape")
            inside = point == "/" or real == point or real.startswith(point + "/")
            if inside and len(point) >= len(best[0]):
                best = (point, after.split()[0])
    return best
