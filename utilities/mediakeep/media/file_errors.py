"""One file's surprise kept to that file: whatever it raises becomes an error that names it."""

from __future__ import annotations

import contextlib
import errno
import os
import traceback
from collections.abc import Iterator

from mediakeep import files
from mediakeep.errors import MediakeepError, Unexpected

_EVERY_FILE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})  # about the disk, not one file


@contextlib.contextmanager
def as_file_error(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise Unexpected, which names the file, for any foreign exception in a `with` block.

    Our own errors pass, and so do a full or read-only disk, the caller's timeout, and everything
    that is no Exception, such as KeyboardInterrupt.
    """
    try:
        yield
    except MediakeepError:
        raise
    except Exception as error:
        if isinstance(error, TimeoutError) and error.errno is None:
            raise  # the caller's time is up, not the disk's
        if isinstance(error, OSError) and error.errno in _EVERY_FILE:
            raise
        raise Unexpected(files.escape(path), _described(error)) from error


def trace(error: BaseException) -> str:
    """Return the traceback behind an Unexpected as text, or "" for any other error of ours."""
    if isinstance(error, MediakeepError) and not isinstance(error, Unexpected):
        return ""
    text = "".join(traceback.format_exception(error.__cause__ or error))
    return text.encode(errors="backslashreplace").decode()


def _described(error: Exception) -> str:
    try:
        text = files.printable(str(error))
    except Exception:  # noqa: BLE001 - an error that cannot say what it is
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
