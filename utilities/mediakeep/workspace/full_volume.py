"""Report full volumes as the system does, so that the item waits instead of failing."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from mediakeep.errors import DiskFull, EncodingFailed

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def raise_full_volume(folder: Path) -> Iterator[None]:
    """Raise OSError with a path if a volume is full in a `with` block.

    `folder` is on the volume that is written, for errors without a path.
    """
    try:
        yield
    except (DiskFull, EncodingFailed) as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in _FULL:
            path = cause.filename if isinstance(cause.filename, str) else str(folder)
            raise OSError(cause.errno, cause.strerror, path) from error
        raise
