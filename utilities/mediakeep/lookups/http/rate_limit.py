"""The rate limit of each web service, in a small state file shared by a user's processes.

The file is in a directory that only this user may write to. Files of other users, or that others
may write to, are ignored, symlinks are not followed, and impossible values are dropped.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.lookups.http.models import HttpEnvironment, Service
from mediakeep.lookups.http.rate_client import RemoteRateLimit, ServiceState
from mediakeep.runtime_dir import check_private, list_runtime_dirs, open_private_dir

MAX_PAUSE = 60.0  # seconds; a longer one is an outage
MAX_OUTAGE = 3600.0  # seconds
_LOCK_TIMEOUT = 10.0  # seconds to wait for the lock, which is held only briefly
_MAX_STATE_BYTES = 4096


class SharedRateLimit:
    """The state file of one web service, shared by all processes of a user.

    The file is in the directory `fallback_dir` if there is no private runtime directory. In a
    worker of a batch on several machines, it is that of the batch's host.
    """

    def __init__(self, service: Service, fallback_dir: Path, environment: HttpEnvironment) -> None:
        self._file_name = _state_file_name(service.host)
        self._shared_dirs, self._fallback_dir = _list_shared_dirs(environment), fallback_dir
        self._clock = environment.clock
        self._remote = RemoteRateLimit.find(service.host, environment.clock)

    def lock_state(self) -> AbstractContextManager[ServiceState]:
        """Lock the state for a `with` block, and yield it; changes in the block are saved."""
        return self._remote.lock_state() if self._remote else self.lock_state_file()

    @contextlib.contextmanager
    def lock_state_file(self) -> Iterator[ServiceState]:
        """Lock the state file of this machine for a `with` block, and yield its content.

        Changes made in the block are saved.
        """
        handle = self._open_locked()
        try:
            before = os.pread(handle, _MAX_STATE_BYTES, 0)
            state = _parse_state(before, self._clock())
            try:
                yield state
            finally:
                after = msgspec.json.encode(state) + b"\n"
                if not before.startswith(after):
                    # the rest of a longer one follows the newline
                    atomic_files.write_at(handle, after, 0)
        finally:
            os.close(handle)

    def _open_locked(self) -> int:
        for folder in self._shared_dirs:
            with contextlib.suppress(OSError):
                return _lock_in_private_dir(folder, self._file_name)
        self._fallback_dir.mkdir(parents=True, exist_ok=True)
        return _lock_state_file(self._fallback_dir / self._file_name)


def remove_state_file(host: str, environment: HttpEnvironment) -> None:
    """Remove the state file of a test server on this machine that was stopped.

    Another server may get the same port.
    """
    for folder in _list_shared_dirs(environment):
        with contextlib.suppress(OSError):
            (folder / _state_file_name(host)).unlink()


def list_states(environment: HttpEnvironment) -> dict[str, ServiceState]:
    """Return the states of all services that this user has queried, by host and port."""
    states: dict[str, ServiceState] = {}
    for folder in _list_shared_dirs(environment):
        for path in sorted(folder.glob("mediakeep-*.slots")):
            with contextlib.suppress(OSError):
                host, _, port = path.stem.removeprefix("mediakeep-").rpartition("-")
                state = _parse_state(path.read_bytes()[:_MAX_STATE_BYTES], environment.clock())
                states.setdefault(f"{host}:{port}", state)
    return states


def _list_shared_dirs(environment: HttpEnvironment) -> tuple[Path, ...]:
    return (environment.shared_dir,) if environment.shared_dir else tuple(list_runtime_dirs())


def _state_file_name(host: str) -> str:
    parts = urlsplit(host)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    server = re.sub(r"[^a-z0-9.-]", "_", parts.hostname or "")[:100]
    return f"mediakeep-{server}-{port}.slots"


def _lock_in_private_dir(folder: Path, name: str) -> int:
    parent = open_private_dir(folder)
    try:
        return _lock_state_file(Path(name), parent)
    finally:
        os.close(parent)


def _lock_state_file(path: Path, parent: int | None = None) -> int:
    """Open and lock a state file, and return its handle.

    Raise OSError if it is not a regular file or stays locked. With `parent`, the handle of a
    private directory, the file must be private too.
    """
    end = time.monotonic() + _LOCK_TIMEOUT
    while True:
        handle = _open_state_file(path, parent)
        try:
            while not _try_lock(handle):
                if time.monotonic() > end:
                    raise TimeoutError(errno.ETIMEDOUT, "locked by another process", path)
                time.sleep(0.001)
            if os.fstat(handle).st_nlink:  # else it was deleted meanwhile
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _open_state_file(path: Path, parent: int | None) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    handle = os.open(path, flags, 0o600, dir_fd=parent)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        if parent is not None:
            check_private(handle, path)
    except OSError:
        os.close(handle)
        raise
    return handle


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _parse_state(text: bytes, now: float) -> ServiceState:
    """Parse the content of a state file.

    Times too far in the future are dropped, as after the clock was set back.
    """
    try:
        state = msgspec.json.decode(text.partition(b"\n")[0], type=ServiceState)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ServiceState()
    if state.last > now:
        state.last = 0.0
    if state.pause > now + MAX_PAUSE + 1:
        state.pause = 0.0
    if state.outage > now + MAX_OUTAGE + 1 or not 0 <= state.span <= MAX_OUTAGE:
        state.outage, state.span = 0.0, 0.0
    if state.refused > now + MAX_PAUSE + 1:
        state.refused = 0.0
    if state.probe > now + MAX_PAUSE + 1:
        state.probe = 0.0
    state.why = path_text.to_printable(state.why)[:200]
    return state
