"""Make one process send a request while other processes wait for its response.

The lock of a request is one byte of a file next to the cache, at an offset hashed from its URL. It
is a kernel lock, so nothing remains after a kill, and nothing has to be cleaned up.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

_MAX_WAIT = 300.0  # seconds; a longer request hangs, and a duplicate does no harm
_POLL_STEPS = 0.01, 0.25  # seconds between polls, increasing


@contextlib.contextmanager
def lock_request(path: Path, url: str, wait: Callable[[float], None]) -> Iterator[None]:
    """Hold the lock of a URL for a `with` block, so that no other process requests it.

    While another process holds the lock, `wait` is called with seconds to sleep. The lock has no
    effect within one process.
    """
    byte = int.from_bytes(blake2b(url.encode(), digest_size=8).digest()) >> 2
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        waited, (step, longest) = 0.0, _POLL_STEPS
        while not _try_lock(handle, byte) and waited < _MAX_WAIT:
            wait(step)
            waited, step = waited + step, min(2 * step, longest)
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int, byte: int) -> bool:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES)  # else locks are not supported
    return True
