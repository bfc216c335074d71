"""Who is asking what: a question that is being asked is not asked by another process as well.

The lock of a question is one byte of a file beside the cache, at an offset made from its address.
It is the kernel's, so a kill leaves nothing behind, and there is nothing to clear away.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

_LONGEST = 300.0  # seconds; whoever takes longer is stopped, and asking twice does no harm
_STEPS = 0.01, 0.25  # seconds between two looks, rising


@contextlib.contextmanager
def alone(path: Path, question: str, wait: Callable[[float], None]) -> Iterator[None]:
    """Hold the lock of a question for a `with` block; `wait` waits for as long as it is told.

    Within one process a question is not kept from itself.
    """
    byte = int.from_bytes(blake2b(question.encode(), digest_size=8).digest()) >> 2
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        waited, (step, longest) = 0.0, _STEPS
        while not _taken(handle, byte) and waited < _LONGEST:
            wait(step)
            waited, step = waited + step, min(2 * step, longest)
        yield
    finally:
        os.close(handle)


def _taken(handle: int, byte: int) -> bool:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES)  # else the disk knows no locks
    return True
