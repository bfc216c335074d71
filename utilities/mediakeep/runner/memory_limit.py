"""The memory limit of a worker process, and the errors of work that exceeds it."""

from __future__ import annotations

import contextlib
import errno
import resource
from pathlib import Path

from mediakeep import size_text
from mediakeep.errors import UsageError

_STATUS = Path("/proc/self/status")  # proc(5)
_MAX_CAUSES = 20  # exceptions of one chain that are looked at


def limit_memory(limit: int) -> None:
    """Limit the data of this process to `limit` bytes: its heap and its writable mappings.

    Linux counts what is reserved, even if it is not used, and refuses more with ENOMEM. macOS
    accepts the limit, but does not enforce it. Raise UsageError if the process has that much
    already, as its modules need it.
    """
    if (used := _read_data_size()) >= limit:
        needed, given = size_text.format_size(used), size_text.format_size(limit)
        raise UsageError(
            f"The memory limit of {given} is too low: a worker process begins with {needed}."
            " Raise --memory-limit, then run again."
        )
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))


def _read_data_size() -> int:
    """Return the bytes of this process that the limit counts, or 0 if the system cannot say."""
    with contextlib.suppress(OSError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception, or one that caused it, says that memory is exhausted."""
    cause: BaseException | None = error
    for _ in range(_MAX_CAUSES):
        if isinstance(cause, MemoryError) or (
            isinstance(cause, OSError) and cause.errno == errno.ENOMEM
        ):
            return True
        cause = cause and (cause.__cause__ or cause.__context__)
    return False


def format_hint() -> str:
    """Return why this process has no memory left, and the fix."""
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    if limit == resource.RLIM_INFINITY:
        return "There is not enough memory. Use fewer --workers, or free memory, then run again."
    size = size_text.format_size(limit)
    return f"The memory limit of {size} is reached. Raise --memory-limit, then run again."
