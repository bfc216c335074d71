"""Sessions: an append-only log, a lock that shows that the owner is alive, and a live file.

    session_logs/20251217_session_001.log   one JSON object a line: time, level, message, facts
    session_logs/20251117_session_001.log.gz  an old one, archived
    live/20251217_session_001.json          its current items; removed at the end

The owner holds a file lock on its log: a process that gets this lock knows that the owner is dead.
Only if the owner runs on another host, the age of its live file decides.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import threading
import time
from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import clock, files
from mediakeep.errors import RecordNotWritten
from mediakeep.queue import history, lock
from mediakeep.queue.binding import JOURNALS
from mediakeep.queue.rewrite import Place

LOGS = "session_logs"
LIVE = "live"
DIGEST = 16  # bytes of the BLAKE2b digest of a log
LEASE = 15 * 60.0  # seconds without renewal before an owner on another host counts as dead
RENEWAL = 60.0  # seconds
_PROGRESS = 0.5  # seconds between two progress updates
_NAME = re.compile(r"(\d{8})_session_(\d{3,})")
_BY = re.compile(rb'"session":\s*"(\d{8})_session_(\d{3,9})"')


class Live(msgspec.Struct, kw_only=True):
    """What a session is doing, for views and for recovery after its death."""

    session: str
    host: str
    pid: int
    started: str
    renewed: str
    begun: dict[str, str] = {}  # item -> start time
    progress: dict[str, tuple[int, int]] = {}  # item -> done, of
    waiting: dict[str, str] = {}  # item -> the service it waits for


class Session:
    """A running session: its log, its lock, and its live file."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.id, self._log = _open_log(place)
        self._written, self._size = blake2b(digest_size=DIGEST), 0
        fcntl.flock(self._log, fcntl.LOCK_EX)
        started = clock.text(place.now())
        self._live = Live(
            session=self.id,
            host=place.host,
            pid=os.getpid(),
            started=started,
            renewed=started,
        )
        self._path = place.folder / LIVE / f"{self.id}.json"
        files.sweep(self._path.parent)
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._noted = 0.0
        self._note()
        threading.Thread(target=self._renew, daemon=True).start()

    def write(self, message: str, level: str = "info", /, **facts: Any) -> None:
        """Append a line to the log: a plain sentence, then the facts."""
        plain = files.printable(message)
        event = {"time": clock.text(self._place.now()), "level": level, "message": plain}
        try:
            line = msgspec.json.encode({**event, **facts, **event}) + b"\n"
            files.write_all(self._log, line)
            self._written.update(line)
            self._size += len(line)
        except OSError as error:
            raise RecordNotWritten(f"The log of session {self.id}", error.strerror) from error

    def log_digest(self) -> dict[str, Any]:
        """Sync the log and return its size and digest.

        Return {} if a full disk truncated a line.
        """
        with contextlib.suppress(OSError):
            files.sync_data(self._log)
            if os.fstat(self._log).st_size == self._size:
                return {"log": {"bytes": self._size, "blake2b": self._written.hexdigest()}}
        return {}  # the content on the disk is unknown

    def begin(self, key: str) -> None:
        """Record the start of an item before any work, so that it is a suspect after a death."""
        self._live.begun[key] = clock.text(self._place.now())
        self._note()

    def progress(self, key: str, done: int, of: int, service: str = "") -> None:
        """Record progress, at most twice a second; at once if a wait starts or ends."""
        self._live.progress[key] = (done, of)
        before = self._live.waiting.pop(key, "")
        if service:
            self._live.waiting[key] = service
        if service != before or time.monotonic() - self._noted >= _PROGRESS:
            self._note()

    def end(self, key: str) -> None:
        """Record the end of an item."""
        self._live.begun.pop(key, None)
        self._live.progress.pop(key, None)
        self._live.waiting.pop(key, None)

    def _note(self) -> None:
        with self._guard, contextlib.suppress(OSError):  # only informative: errors do not end a run
            if not self._over.is_set():
                self._noted = time.monotonic()
                self._live.renewed = clock.text(self._place.now())
                files.write_atomic(self._path, msgspec.json.encode(self._live), sync=False)

    def _renew(self) -> None:
        # Else this thread could receive a signal, and the main thread would sleep on.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while not self._over.wait(RENEWAL):
            self._note()

    def close(self) -> None:
        """Remove the live file, and close and unlock the log."""
        self._over.set()
        with self._guard, contextlib.suppress(OSError):
            self._path.unlink()
        with contextlib.suppress(OSError):
            files.sync_data(self._log)
        os.close(self._log)


def _open_log(place: Place) -> tuple[str, int]:
    """Create the next log of the day; two processes never get the same number."""
    folder = place.folder / LOGS
    files.make_folder(folder)
    day = f"{place.now():%Y%m%d}"
    # In this order, because archiving creates the new name before it removes the old one.
    taken = (*folder.glob("*.log"), *folder.glob("*.log.gz"), *live(place.folder))
    names = map(numbered, taken)
    numbers = [int(name[2]) for name in names if name and name[1] == day]
    number = max([*numbers, *_recorded(place.folder, day)], default=0)
    while True:
        number += 1
        name = f"{day}_session_{number:03d}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        with contextlib.suppress(FileExistsError):
            handle = os.open(folder / f"{name}.log", flags, 0o666)
            files.sync_folder(folder)
            return name, handle


def _recorded(folder: Path, day: str) -> Iterator[int]:
    """Yield the recorded session numbers of a day; their logs may have been removed.

    Journals are read first: the history has the records of one that is removed meanwhile.
    """
    for path in list((folder / JOURNALS).glob("*.jsonl")):
        with contextlib.suppress(FileNotFoundError):
            yield from _numbers_in(path, day)
    for path in history.paths(folder):
        if path.stem >= f"{day[:4]}-{day[4:6]}":
            yield from _numbers_in(path, day)


def _numbers_in(path: Path, day: str) -> Iterator[int]:
    """Yield the session numbers of a day in a file, also from damaged lines."""
    with path.open("rb") as stream:
        for line in stream:
            if (match := _BY.search(line)) and match[1].decode() == day:
                yield int(match[2])


def numbered(path: Path) -> re.Match[str] | None:
    """Match day and number in the name of a session file; return None for other files."""
    return _NAME.fullmatch(path.name.partition(".")[0])


def live(folder: Path) -> list[Path]:
    """List the live files of running and of dead sessions."""
    return sorted((folder / LIVE).glob("*.json"))


def read_live(folder: Path, session: str) -> Live | None:
    """Read the live file of a session; return None if it is missing or damaged."""
    try:
        data = (folder / LIVE / f"{session}.json").read_bytes()
        return msgspec.json.decode(data, type=Live)
    except (OSError, msgspec.MsgspecError):
        return None


@contextlib.contextmanager
def lock_queue(place: Place) -> Iterator[None]:
    """Hold the lock of the queue for a `with` block, without reading the queue."""
    path = place.folder / lock.FILE
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        lock.acquire(handle, str(path), place.notice, partial(holder_text, place))
        yield
    finally:
        os.close(handle)


def holder_text(place: Place) -> str:
    """Return a text that names the holder of the queue's lock, with its session if it has one."""
    statuses = (read_live(place.folder, path.stem) for path in live(place.folder))
    here = {
        status.pid: status.session for status in statuses if status and status.host == place.host
    }
    return lock.holder_text(str(place.folder / lock.FILE), here)


def alive(place: Place, session: str) -> bool:
    """Return whether the owner of a session is still running."""
    status, log = read_live(place.folder, session), place.folder / LOGS / f"{session}.log"
    if status and (status.host != place.host or not log.exists()):
        age = place.now() - datetime.fromisoformat(status.renewed)
        return age.total_seconds() < LEASE
    return _locked(log)


def _locked(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two simultaneous checks do not take each other for the owner.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)


def living(place: Place, sessions: Iterable[str]) -> list[str]:
    """Return those of the sessions whose owner is still running."""
    return [session for session in sessions if alive(place, session)]


def sweep(place: Place, claimed: Container[str]) -> None:
    """Remove the live files of dead sessions that have no claimed items left."""
    for path in live(place.folder):
        if path.stem not in claimed and not alive(place, path.stem):
            bury(place.folder, path.stem)


def bury(folder: Path, session: str) -> None:
    """Remove the live file of a dead session, after its items were released."""
    (folder / LIVE / f"{session}.json").unlink(missing_ok=True)
