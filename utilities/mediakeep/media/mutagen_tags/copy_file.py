"""The copy of a file that is changed, as a file object for mutagen."""

from __future__ import annotations

import io
import os
from typing import BinaryIO, cast

_BUFFER_SIZE = 1 << 16  # bytes


class _RawCopy(io.RawIOBase):
    """A file object for an open file; closing it leaves the file open."""

    def __init__(self, handle: int) -> None:
        self._handle, self._at = handle, 0

    def fileno(self) -> int:
        return self._handle

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = os.pread(self._handle, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def write(self, data: bytes) -> int:  # type: ignore[override]
        count = os.pwrite(self._handle, data, self._at)
        self._at += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        self._at = offset + (os.fstat(self._handle).st_size if start is None else start)
        if self._at < 0:
            raise OSError("seek before the start of the file")
        return self._at

    def tell(self) -> int:
        return self._at

    def truncate(self, size: int | None = None) -> int:
        size = self._at if size is None else size
        os.ftruncate(self._handle, size)
        return size


def open_copy(handle: int) -> BinaryIO:
    """Return a buffered file object for an open file, which stays open when it is closed."""
    return cast(BinaryIO, io.BufferedRandom(_RawCopy(handle), _BUFFER_SIZE))
