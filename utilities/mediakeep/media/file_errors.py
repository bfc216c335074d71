"""Convert unexpected exceptions into errors that name the file, so that only it fails."""

from __future__ import annotations

import contextlib
import errno
import os
import traceback
from collections.abc import Iterator

from mediakeep import path_text
from mediakeep.errors import MediakeepError, UnexpectedError

_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})  # problems of the whole disk


@contextlib.contextmanager
def wrap_file_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise UnexpectedError, which names the file, for an unexpected exception in a `with` block.

    Errors of mediakeep pass through. So do a full or read-only disk, the caller's timeout, and
    everything that is not an Exception, such as KeyboardInterrupt.
    """
    try:
        yield
    except MediakeepError:
        raise
    except Exception as error:
        if isinstance(error, TimeoutError) and error.errno is None:
            raise  # the caller's timeout, not an error of the disk
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            raise
        raise UnexpectedError(path_text.escape_path(path), _format_error(error)) from error


def traceback_text(error: BaseException) -> str:
    """Return the traceback of an exception as text, or "" for an expected error of mediakeep."""
    if isinstance(error, MediakeepError) and not isinstance(error, UnexpectedError):
        return ""
    text = "".join(traceback.format_exception(error.__cause__ or error))
    return text.encode(errors="backslashreplace").decode()


def _format_error(error: Exception) -> str:
    try:
        text = path_text.to_printable(str(error))
    except Exception:  # noqa: BLE001 - an exception whose __str__ fails
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
