"""Random access to an open file with a read budget, so that hostile bytes cannot stall a parser."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import BufferedReader
from typing import Any, NamedTuple, TypeVar

READ_AHEAD = (
    4096  # one page: headers are close together, and a system call costs more than its bytes
)

_READ_BUDGET = 384 * 1024  # bytes read for one file, without tags and pictures
_TAG_BUDGET = 64 * 1024 * 1024  # bytes of tags read in addition
_MAX_READS = 200_000  # calls of `read`
_UNBOUNDED = sys.maxsize

ReadAt = Callable[[int, int], bytes]  # (offset, size) -> bytes, fewer at the end
T = TypeVar("T")


class ReadBudgetExceeded(ValueError):
    """Raised if a parser reads more of a file than its limits allow."""


class ByteRange(NamedTuple):
    """The bytes of a file from offset `start` up to, but not including, `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """The number of bytes, at least 0."""
        return max(0, self.end - self.start)


class BoundedFile:
    """Random access to an open file with a limit for the bytes read.

    `size` is the file size in bytes when it was opened. Offsets may come from hostile bytes:
    outside the file, nothing is returned. Three windows of at least `ahead` bytes each are
    buffered: at the beginning, at the end, and a moving one. The results of `run_once` are cached.
    """

    __slots__ = (
        *("size", "_number", "_ahead", "_left", "_pieces", "_allowed", "_head"),
        *("_start", "_stop", "_piece", "_last", "_tail", "_found"),
    )

    def __init__(self, number: int, size: int, ahead: int = READ_AHEAD) -> None:
        self.size = size
        self._number, self._ahead = number, ahead
        self._left = self._pieces = _UNBOUNDED
        self._allowed = 0
        self._head = self._read_bytes(0, READ_AHEAD)
        self._start, self._stop, self._piece = 0, 0, b""
        self._last, self._tail = size, b""
        self._found: dict[Callable[[Any], Any], Any] = {}

    def read(self, start: int, count: int) -> bytes:
        """Return `count` bytes from byte offset `start`, or fewer at the end of the file.

        Raises ReadBudgetExceeded if the read limits are exceeded.
        """
        self._pieces -= 1
        if self._pieces < 0:
            raise ReadBudgetExceeded
        end = start + count
        if 0 <= start <= end <= len(self._head):
            return self._head[start:end]
        if self._start <= start <= end <= self._stop:
            return self._piece[start - self._start : end - self._start]
        if self._last <= start <= end:
            return self._tail[start - self._last : end - self._last]
        return self._read_outside_windows(start, count)

    def peek(self, start: int, count: int) -> bytes:
        """Return the same bytes as `read`, but do not read ahead.

        For callers whose next offset is far away.
        """
        if start + count <= len(self._head) or start >= self._last:
            return self.read(start, count)
        return self._read_bytes(start, count) if 0 <= start < self.size else b""

    def read_tail(self, end: int, count: int) -> bytes:
        """Return the last `count` bytes before offset `end`, or fewer if there are not as many."""
        end = min(end, self.size)
        start = max(0, end - count)
        if start < self._last and self.size - end <= self._ahead:
            self._load_tail(start)
        return self.read(start, end - start)

    def preload(self, start: int, count: int, min_count: int = 0) -> None:
        """Buffer a byte range that will be read in small parts.

        At least `min_count` bytes are read from disk.
        """
        if not self._start <= start <= start + count <= self._stop:
            self._move_window(start, max(count, min_count))

    def call_once_and_cache(self, find: Callable[[BoundedFile], T]) -> T:
        """Return the result of `find` for this file; call it only once and cache the result."""
        if find not in self._found:
            self._found[find] = find(self)
        result: T = self._found[find]
        return result

    def set_limits(self) -> None:
        """Enable the read limits."""
        self._left, self._allowed, self._pieces = _READ_BUDGET, _TAG_BUDGET, _MAX_READS

    def clear_limits(self) -> None:
        """Disable the read limits, for parsers with limits of their own."""
        self._left = self._pieces = _UNBOUNDED

    def allow_tag_bytes(self, size: int) -> None:
        """Extend the read budget by the size of tags in bytes, up to the limit for tags."""
        size = max(0, min(size, self._allowed))
        self._allowed -= size
        self._left += size

    def make_part_reader(self, start: int, end: int) -> ReadAt:
        """Return a function that reads the bytes of a file between two offsets.

        The function takes offsets relative to `start`.
        """

        def read_at(offset: int, size: int) -> bytes:
            begin = start + offset
            return self.read(begin, max(0, min(size, end - begin)))

        return read_at

    def _read_outside_windows(self, start: int, count: int) -> bytes:
        if not 0 <= start < self.size or count <= 0:
            return b""
        if start < self._last and self.size - start <= self._ahead:
            self._load_tail(start)
            return self._tail[start - self._last : start - self._last + count]
        if count >= self._ahead:
            return self._read_bytes(start, count)
        self._move_window(start, self._ahead)
        return self._piece[:count]

    def _move_window(self, start: int, count: int) -> None:
        piece = self._piece[start - self._start :] if self._start <= start < self._stop else b""
        if len(piece) < count:
            piece += self._read_bytes(start + len(piece), count - len(piece))
        self._piece = piece
        self._start, self._stop = start, start + len(self._piece)

    def _load_tail(self, start: int) -> None:
        first = max(0, min(start, self.size - self._ahead))
        self._last, self._tail = first, self._read_bytes(first, self.size - first)

    def _read_bytes(self, offset: int, size: int) -> bytes:
        size = min(size, self.size - offset)
        if size <= 0:
            return b""
        if size > self._left:
            raise ReadBudgetExceeded
        self._left -= size
        data = chunk = os.pread(self._number, size, offset)
        while chunk and len(data) < size:  # some network file systems return short reads
            chunk = os.pread(self._number, size - len(data), offset + len(data))
            data += chunk
        return data


class InMemoryFile(BoundedFile):
    """Bytes in memory with the interface of BoundedFile."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data
        super().__init__(-1, len(data))

    def _read_bytes(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]


def open_bounded(handle: BufferedReader) -> BoundedFile:
    """Return a BoundedFile for an open file, with the read limits enabled."""
    source = BoundedFile(handle.fileno(), os.fstat(handle.fileno()).st_size)
    source.set_limits()
    return source
