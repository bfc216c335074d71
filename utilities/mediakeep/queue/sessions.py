"""Sessions: one run of a command that works on the queue.

    session_logs/20251217_session_001.log   one JSON object a line: time, level, message, facts
    session_logs/20251117_session_001.log.gz  an old log, compressed
    live/20251217_session_001.json          the items that a running session works on

The process of a session, its owner, holds a file lock on its log. A process that gets this lock
knows that the owner is dead. Only if the owner runs on another host, the age of its live file
decides.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import threading
import time
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, clock, path_text
from mediakeep.errors import RecordNotWritten
from mediakeep.queue import lock
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log
from mediakeep.queue.journal_lookup import JOURNAL_FOLDER
from mediakeep.untrusted_files import read_json

LOG_FOLDER = "session_logs"
LIVE_FOLDER = "live"
DIGEST_SIZE = 16  # bytes of the BLAKE2b digest of a log
LEASE = 15 * 60.0  # seconds without renewal before an owner on another host counts as dead
RENEWAL = 60.0  # seconds
_PROGRESS_INTERVAL = 0.5  # seconds between two progress updates
_NAME_PATTERN = re.compile(r"(\d{8})_session_(\d{3,})")
_SESSION_PATTERN = re.compile(rb'"session":\s*"(\d{8})_session_(\d{3,9})"')


class StageProgress(msgspec.Struct, kw_only=True, frozen=True):
    """How far the running stage of an item is.

    `rate` is in steps per second, 0 if unknown; `seconds_left` is an estimate.
    """

    stage: str
    done: int = 0
    of: int = 0
    parts: tuple[int, int] | None = None  # ended, all; None for a stage without parts
    rate: float = 0.0
    seconds_left: float | None = None


class WorkerStatus(msgspec.Struct, frozen=True):
    """What a worker of a scheduler does: its items, and the bytes of its processes in memory."""

    host: str
    address: str
    items: list[str]
    memory: int
    tasks_per_minute: float


class LiveStatus(msgspec.Struct, kw_only=True):
    """What a running session is doing: its current items, their progress, and their waits.

    Views show it, and it is used to recover after the death of the session. With `isolated`, the
    work runs in other processes, so that an item cannot have caused that death. `workers` are those
    of a scheduler, whose own dashboard is at the address `scheduler_dashboard`, if it runs.
    """

    session: str
    host: str
    pid: int
    started: str
    renewed: str
    isolated: bool = False
    begun: dict[str, str] = {}  # item -> start time
    progress: dict[str, tuple[int, int]] = {}  # item -> done, of
    waiting: dict[str, str] = {}  # item -> the service it waits for
    stages: dict[str, StageProgress] = {}  # item -> its running stage, for kinds with stages
    workers: list[WorkerStatus] = []
    scheduler_dashboard: str = ""


class Session:
    """A running session: its log file, the lock on it, and its live file."""

    def __init__(self, location: QueueLocation) -> None:
        self._place = location
        self.id, self._log = _create_log(location)
        self._digest, self._size = blake2b(digest_size=DIGEST_SIZE), 0
        fcntl.flock(self._log, fcntl.LOCK_EX)
        started = clock.format_iso(location.now())
        self._live = LiveStatus(
            session=self.id,
            host=location.host,
            pid=os.getpid(),
            started=started,
            renewed=started,
        )
        self._path = location.folder / LIVE_FOLDER / f"{self.id}.json"
        atomic_files.remove_stale_temp_files(self._path.parent)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._last_write = 0.0
        self._write_live_file()
        threading.Thread(target=self._renew_lease, daemon=True).start()

    def write_log(self, message: str, level: str = "info", /, **facts: Any) -> None:
        """Append a line to the session's log: a plain sentence, then the facts."""
        plain = path_text.to_printable(message)
        event = {"time": clock.format_iso(self._place.now()), "level": level, "message": plain}
        try:
            line = msgspec.json.encode({**event, **facts, **event}) + b"\n"
            atomic_files.write_all(self._log, line)
            self._digest.update(line)
            self._size += len(line)
        except OSError as error:
            raise RecordNotWritten(f"The log of session {self.id}", error.strerror) from error

    def sync_and_digest_log(self) -> dict[str, Any]:
        """Sync the session's log to the disk, and return its size in bytes and its digest.

        Return {} if a full disk truncated a line.
        """
        with contextlib.suppress(OSError):
            atomic_files.sync_data(self._log)
            if os.fstat(self._log).st_size == self._size:
                return {"log": {"bytes": self._size, "blake2b": self._digest.hexdigest()}}
        return {}  # the content on the disk is unknown

    def note_isolated(self) -> None:
        """Record that all work runs in other processes, so that no item becomes a suspect."""
        self._live.isolated = True
        self._write_live_file()

    def begin_item(self, key: str, stage: StageProgress | None = None) -> None:
        """Record that work on an item, or on its next stage, begins, before any work is done.

        If the process dies, the item is a suspect, which runs alone next time.
        """
        self._live.begun[key] = clock.format_iso(self._place.now())
        if stage:
            self._live.stages[key] = stage
            self._live.progress.pop(key, None)
        self._write_live_file()

    def note_progress(
        self, key: str, done: int, of: int, service: str = "", stage: StageProgress | None = None
    ) -> None:
        """Record that `done` of `of` steps of an item, or of its stage, are finished.

        `service` is the web service that the item waits for, or "". The live file is written at
        most twice a second, but at once if a wait starts or ends.
        """
        self._live.progress[key] = (done, of)
        if stage:
            self._live.stages[key] = stage
        before = self._live.waiting.pop(key, "")
        if service:
            self._live.waiting[key] = service
        if service != before or time.monotonic() - self._last_write >= _PROGRESS_INTERVAL:
            self._write_live_file()

    def note_workers(self, workers: Sequence[WorkerStatus], dashboard: str) -> None:
        """Record the workers of a scheduler, and the address of its dashboard, or ""."""
        self._live.workers, self._live.scheduler_dashboard = [*workers], dashboard
        self._write_live_file()

    def end_item(self, key: str) -> None:
        """Record that work on an item has ended."""
        self._live.begun.pop(key, None)
        self._live.progress.pop(key, None)
        self._live.waiting.pop(key, None)
        self._live.stages.pop(key, None)

    def _write_live_file(self) -> None:
        with self._lock, contextlib.suppress(OSError):  # only informative: errors do not end a run
            if not self._closed.is_set():
                self._last_write = time.monotonic()
                self._live.renewed = clock.format_iso(self._place.now())
                atomic_files.write_atomic(self._path, msgspec.json.encode(self._live), sync=False)

    def _renew_lease(self) -> None:
        # Else this thread could receive a signal, and the main thread would sleep on.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while not self._closed.wait(RENEWAL):
            self._write_live_file()

    def close(self) -> None:
        """Remove the live file of the session, and close and unlock its log."""
        self._closed.set()
        with self._lock, contextlib.suppress(OSError):
            self._path.unlink()
        with contextlib.suppress(OSError):
            atomic_files.sync_data(self._log)
        os.close(self._log)


def _create_log(location: QueueLocation) -> tuple[str, int]:
    """Create the log of a new session; return the session's name and the file handle.

    Sessions are numbered by day; two processes never get the same number.
    """
    folder = location.folder / LOG_FOLDER
    atomic_files.make_folder(folder)
    day = f"{location.now():%Y%m%d}"
    # In this order, because archiving creates the new name before it removes the old one.
    taken = (*folder.glob("*.log"), *folder.glob("*.log.gz"), *list_live_files(location.folder))
    names = map(match_session_name, taken)
    numbers = [int(name[2]) for name in names if name and name[1] == day]
    number = max([*numbers, *_iter_recorded_numbers(location.folder, day)], default=0)
    while True:
        number += 1
        name = f"{day}_session_{number:03d}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        with contextlib.suppress(FileExistsError):
            handle = os.open(folder / f"{name}.log", flags, 0o666)
            atomic_files.sync_folder(folder)
            return name, handle


def _iter_recorded_numbers(folder: Path, day: str) -> Iterator[int]:
    """Yield the numbers of a day's sessions in the journals and the history.

    Their logs may have been removed. Journals are read first: if one is removed meanwhile, the
    history has its records.
    """
    for path in list((folder / JOURNAL_FOLDER).glob("*.jsonl")):
        with contextlib.suppress(FileNotFoundError):
            yield from _numbers_in(path, day)
    for path in event_log.list_files(folder):
        if path.stem >= f"{day[:4]}-{day[4:6]}":
            yield from _numbers_in(path, day)


def _numbers_in(path: Path, day: str) -> Iterator[int]:
    """Yield the numbers of a day's sessions that occur in a file, also in damaged lines."""
    with path.open("rb") as stream:
        for line in stream:
            if (match := _SESSION_PATTERN.search(line)) and match[1].decode() == day:
                yield int(match[2])


def match_session_name(path: Path) -> re.Match[str] | None:
    """Match day and number in the name of a session's log or live file.

    Return None for other files.
    """
    return _NAME_PATTERN.fullmatch(path.name.partition(".")[0])


def list_live_files(folder: Path) -> list[Path]:
    """List the live files, which both running and dead sessions have."""
    return sorted((folder / LIVE_FOLDER).glob("*.json"))


def read_live_status(folder: Path, session: str) -> LiveStatus | None:
    """Read what a session is doing from its live file.

    Return None if the file is missing or damaged.
    """
    return read_json(folder / LIVE_FOLDER / f"{session}.json", LiveStatus)


@contextlib.contextmanager
def lock_queue(location: QueueLocation) -> Iterator[None]:
    """Hold the lock of the queue for a `with` block, without reading the queue."""
    path = location.folder / lock.FILE
    with atomic_files.open_handle(path, os.O_RDWR | os.O_CREAT) as handle:
        lock.acquire_lock(
            handle, str(path), location.notice, partial(describe_lock_holder, location)
        )
        yield


def describe_lock_holder(location: QueueLocation) -> str:
    """Return a text that names the process holding the queue's lock, and its session if any."""
    statuses = (
        read_live_status(location.folder, path.stem) for path in list_live_files(location.folder)
    )
    sessions_by_pid = {
        status.pid: status.session for status in statuses if status and status.host == location.host
    }
    return lock.describe_holders(str(location.folder / lock.FILE), sessions_by_pid)


def is_alive(location: QueueLocation, session: str) -> bool:
    """Return whether the process of a session is still running."""
    status, log = (
        read_live_status(location.folder, session),
        location.folder / LOG_FOLDER / f"{session}.log",
    )
    if status and (status.host != location.host or not log.exists()):
        age = location.now() - datetime.fromisoformat(status.renewed)
        return age.total_seconds() < LEASE
    return _is_locked(log)


def _is_locked(path: Path) -> bool:
    try:
        with contextlib.suppress(FileNotFoundError), atomic_files.open_handle(path) as handle:
            # Shared, so that two simultaneous checks do not take each other for the owner.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def filter_live_sessions(location: QueueLocation, sessions: Iterable[str]) -> list[str]:
    """Return the names of those sessions whose process is still running."""
    return [session for session in sessions if is_alive(location, session)]


def remove_stale_live_files(location: QueueLocation, claimed: Container[str]) -> None:
    """Remove the live files of dead sessions, except those in `claimed`.

    `claimed` contains the sessions that still have claimed items.
    """
    for path in list_live_files(location.folder):
        if path.stem not in claimed and not is_alive(location, path.stem):
            remove_live_file(location.folder, path.stem)


def remove_live_file(folder: Path, session: str) -> None:
    """Remove the live file of a dead session; call it after its items were released."""
    (folder / LIVE_FOLDER / f"{session}.json").unlink(missing_ok=True)
