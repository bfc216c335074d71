"""An open file, read in pieces that are counted: no bytes in it make a reading endless."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import BufferedReader
from typing import Any, NamedTuple, TypeVar

AHEAD = 4096  # one page: headers lie close together, and a read costs more than its bytes

_BUDGET = 384 * 1024  # bytes that a look may read apart from tags and pictures
_TAGS = 64 * 1024 * 1024  # bytes of tags that it may read beside
_PIECES = 200_000  # that it may ask for
_UNBOUNDED = sys.maxsize

ReadAt = Callable[[int, int], bytes]  # (offset, size); less where there is no more
T = TypeVar("T")


class Spent(ValueError):
    """More would have to be read than a look at a file may cost."""


class Span(NamedTuple):
    """The bytes of a file from `start` up to, not including, `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """Its number of bytes, never below zero."""
        return max(0, self.end - self.start)


class Source:
    """A file of `size` bytes as it was when it was opened, read at any place.

    Places may come from hostile bytes: one outside the file gives nothing. Three windows are held,
    at the beginning, at the end, and one that moves; `ahead` bytes at least are read into each.
    What walks through the file have found is held too, so that each is made but once.
    """

    __slots__ = (
        *("size", "_number", "_ahead", "_left", "_pieces", "_allowed", "_head"),
        *("_start", "_stop", "_piece", "_last", "_tail", "_found"),
    )

    def __init__(self, number: int, size: int, ahead: int = AHEAD) -> None:
        self.size = size
        self._number, self._ahead = number, ahead
        self._left = self._pieces = _UNBOUNDED
        self._allowed = 0
        self._head = self._fetch(0, AHEAD)
        self._start, self._stop, self._piece = 0, 0, b""
        self._last, self._tail = size, b""
        self._found: dict[Callable[[Any], Any], Any] = {}

    def read(self, start: int, count: int) -> bytes:
        """Return `count` bytes from `start` on, or the fewer that there are.

        Spent where that is more than a look may cost.
        """
        self._pieces -= 1
        if self._pieces < 0:
            raise Spent
        end = start + count
        if 0 <= start <= end <= len(self._head):
            return self._head[start:end]
        if self._start <= start <= end <= self._stop:
            return self._piece[start - self._start : end - self._start]
        if self._last <= start <= end:
            return self._tail[start - self._last : end - self._last]
        return self._missed(start, count)

    def peek(self, start: int, count: int) -> bytes:
        """Return the same as `read` without reading ahead, where the next place lies far off."""
        if start + count <= len(self._head) or start >= self._last:
            return self.read(start, count)
        return self._fetch(start, count) if 0 <= start < self.size else b""

    def tail(self, end: int, count: int) -> bytes:
        """Return the last `count` bytes before `end`, or the fewer that there are."""
        end = min(end, self.size)
        start = max(0, end - count)
        if start < self._last and self.size - end <= self._ahead:
            self._hold_tail(start)
        return self.read(start, end - start)

    def hold(self, start: int, count: int, least: int = 0) -> None:
        """Read at once what will be asked for piece by piece, and `least` bytes if it is read."""
        if not self._start <= start <= start + count <= self._stop:
            self._move(start, max(count, least))

    def once(self, find: Callable[[Source], T]) -> T:
        """Return what a walk through this file finds."""
        if find not in self._found:
            self._found[find] = find(self)
        found: T = self._found[find]
        return found

    def bound(self) -> None:
        """From here on let no more be read than a look at a file may cost."""
        self._left, self._allowed, self._pieces = _BUDGET, _TAGS, _PIECES

    def unbind(self) -> None:
        """From here on let all be read, for walks that have bounds of their own."""
        self._left = self._pieces = _UNBOUNDED

    def allow(self, size: int) -> None:
        """Let so many bytes of tags be read beside the budget, as far as tags are within reason."""
        size = max(0, min(size, self._allowed))
        self._allowed -= size
        self._left += size

    def within(self, start: int, end: int) -> ReadAt:
        """Return a way to read a part of the file by offsets of its own."""

        def read_at(offset: int, size: int) -> bytes:
            begin = start + offset
            return self.read(begin, max(0, min(size, end - begin)))

        return read_at

    def _missed(self, start: int, count: int) -> bytes:
        if not 0 <= start < self.size or count <= 0:
            return b""
        if start < self._last and self.size - start <= self._ahead:
            self._hold_tail(start)
            return self._tail[start - self._last : start - self._last + count]
        if count >= self._ahead:
            return self._fetch(start, count)
        self._move(start, self._ahead)
        return self._piece[:count]

    def _move(self, start: int, count: int) -> None:
        self._piece = self._fetch(start, count)
        self._start, self._stop = start, start + len(self._piece)

    def _hold_tail(self, start: int) -> None:
        first = max(0, min(start, self.size - self._ahead))
        self._last, self._tail = first, self._fetch(first, self.size - first)

    def _fetch(self, offset: int, size: int) -> bytes:
        size = min(size, self.size - offset)
        if size <= 0:
            return b""
        if size > self._left:
            raise Spent
        self._left -= size
        data = more = os.pread(self._number, size, offset)
        while more and len(data) < size:  # some network shares give less than was asked for
            more = os.pread(self._number, size - len(data), offset + len(data))
            data += more
        return data


class Held(Source):
    """Bytes in memory, read as a file of their own."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data
        super().__init__(-1, len(data))

    def _fetch(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]


def glance(handle: BufferedReader) -> Source:
    """Return an open file as a source that is bound to a look."""
    source = Source(handle.fileno(), os.fstat(handle.fileno()).st_size)
    source.bound()
    return source
