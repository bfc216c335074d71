"""When a service may be asked next: a small file for each, shared by all processes of the machine.

It lies in the system's temporary folder, where others may write as well: links are not followed,
and nothing in it is believed that could not be true.
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
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from mediakeep import files
from mediakeep.lookups.answers import Machine, Service

LONGEST_PAUSE = 60.0  # seconds; what takes longer is an outage
LONGEST_OUTAGE = 3600.0  # seconds
_PATIENCE = 2.0  # seconds to wait for the lock, which everybody holds for a moment only
_SIZE = 4096


class State(msgspec.Struct):
    """When a service was asked last, and until when it is not asked; seconds since 1970.

    `span` is how long the last outage was taken to be, 0 where there is none; `why` is for people.
    Until `probe` one question finds out whether an outage is over, and all others wait for it.
    Whose secret has this digest is `refused` until then.
    """

    last: float = 0.0
    pause: float = 0.0
    outage: float = 0.0
    span: float = 0.0
    why: str = ""
    refused: float = 0.0
    digest: str = ""
    probe: float = 0.0


class Slots:
    """The record of one service; where the shared folder cannot be used, it lies in `own`."""

    def __init__(self, service: Service, own: Path, machine: Machine) -> None:
        self._name = _name(service.host)
        self._folders = (machine.shared, own)
        self._clock = machine.clock

    @contextlib.contextmanager
    def held(self) -> Iterator[State]:
        """Give the record, alone on this machine, and write what a `with` block made of it."""
        handle = self._locked()
        try:
            before = os.pread(handle, _SIZE, 0)
            state = _sane(before, self._clock())
            try:
                yield state
            finally:
                after = msgspec.json.encode(state) + b"\n"
                if not before.startswith(after):
                    files.write_at(handle, after, 0)  # a longer one before ends behind the break
        finally:
            os.close(handle)

    def _locked(self) -> int:
        shared, own = self._folders
        with contextlib.suppress(OSError):
            return _lock(shared / self._name)
        own.mkdir(parents=True, exist_ok=True)
        return _lock(own / self._name)


def forget(host: str, machine: Machine) -> None:
    """Remove the record of a host that is gone: another may get its port."""
    with contextlib.suppress(OSError):
        (machine.shared / _name(host)).unlink()


def _name(host: str) -> str:
    parts = urlsplit(host)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    server = re.sub(r"[^a-z0-9.-]", "_", parts.hostname or "")[:100]
    return f"mediakeep-{server}-{port}.slots"


def _lock(path: Path) -> int:
    """Open a record and take its lock; OSError where it is no plain file, or held for long."""
    end = time.monotonic() + _PATIENCE
    while True:
        handle = _opened(path)
        try:
            while not _taken(handle):
                if time.monotonic() > end:
                    raise TimeoutError(errno.ETIMEDOUT, "it is held by another process", path)
                time.sleep(0.001)
            if os.fstat(handle).st_nlink:  # else it was swept away meanwhile
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _opened(path: Path) -> int:
    # Linux refuses to open another user's file for writing in such a folder where it might be
    # made (fs.protected_regular), so these are two steps.
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
            os.fchmod(handle, 0o666)  # for all users, whatever the umask
            return handle
        handle = os.open(path, flags)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "it is no plain file", path)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sane(text: bytes, now: float) -> State:
    """Read a record; a time that is too far ahead is void, as after the clock was set back."""
    try:
        state = msgspec.json.decode(text.partition(b"\n")[0], type=State)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return State()
    if state.last > now:
        state.last = 0.0
    if state.pause > now + LONGEST_PAUSE + 1:
        state.pause = 0.0
    if state.outage > now + LONGEST_OUTAGE + 1 or not 0 <= state.span <= LONGEST_OUTAGE:
        state.outage, state.span = 0.0, 0.0
    if state.refused > now + LONGEST_PAUSE + 1:
        state.refused = 0.0
    if state.probe > now + LONGEST_PAUSE + 1:
        state.probe = 0.0
    state.why = files.printable(state.why)[:200]
    return state
