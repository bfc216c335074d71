"""The copy of a file that is changed, as a file object for mutagen."""

from __future__ import annotations

import io
import os
from typing import BinaryIO, cast

from mediakeep.media.bounded_file import BoundedFile

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


class FileView(io.RawIOBase):
    """A read-only file object for a file from byte offset `start` on."""

    def __init__(self, source: BoundedFile, start: int) -> None:
        self._source, self._start, self._at = source, start, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._source.read(self._start + self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        size = self._source.size - self._start
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at


def open_copy(handle: int) -> BinaryIO:
    """Return a buffered file object for an open file, which stays open when it is closed."""
    return cast(BinaryIO, io.BufferedRandom(_RawCopy(handle), _BUFFER_SIZE))
