"""The change log of the undo store: append-only JSON lines, one file per month.

A line torn by a crash is skipped by readers, and truncated by the next append.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from mediakeep import atomic_files
from mediakeep.errors import RecordNotWritten
from mediakeep.media.undo.record import (
    ChangeRecord,
    LogLineHead,
    RecordState,
    encode_line,
    parse_line,
    parse_line_head,
)

_TAIL_SIZE = 1 << 16
_MARK_START, _MARK_ENDS = b'{"op":"mark"', (b'"done"}', b'"void"}')
_MAX_MARK_PARTS = 96  # bytes; the start of one mark and the end of another are shorter


class LinePosition(NamedTuple):
    """The position of a log line: file name, byte offset, and the offset of the next line."""

    file: str
    offset: int
    end: int


class ChangeLog:
    """The change log of an undo store, as used by one of several processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._synced: set[Path] = set()  # in this process

    def append(self, line: msgspec.Struct, month: str, *, sync: bool) -> None:
        """Append a line to the log file of a month such as "2025-12"; raise RecordNotWritten."""
        path = self._folder / f"{month}.jsonl"
        try:
            atomic_files.make_folder(path.parent)
            with atomic_files.exclusive_lock(path) as handle:
                _append_bytes(handle, encode_line(line) + b"\n")
                if sync:
                    # Outside of the lock, so that several processes can wait for the disk at once.
                    fcntl.flock(handle, fcntl.LOCK_UN)
                    atomic_files.sync_data(handle)
                    self._sync_folders(path)
        except OSError as error:
            raise RecordNotWritten(path, error.strerror or error) from error

    def read_lines(
        self, file: str = "", offset: int = 0
    ) -> Iterator[tuple[LinePosition, ChangeRecord | RecordState]]:
        """Yield all complete log lines, oldest first.

        If `file` is given, yield only those of that file, from a byte offset on.
        """
        for path in [self._folder / file] if file else self.list_files():
            yield from _parse_lines(path, offset)

    def read_line_heads(self) -> Iterator[tuple[LinePosition, LogLineHead]]:
        """Yield the first fields of all complete log lines, oldest first."""
        for path in self.list_files():
            for place, text in _iter_lines(path, 0):
                if head := parse_line_head(text):
                    yield place, head

    def find_damaged(self, *, thorough: bool) -> list[LinePosition]:
        """Return the positions of complete log lines that cannot be parsed.

        Unless `thorough`, only their first fields are parsed. Damaged state marks are left out: the
        files themselves show whether a change was made.
        """
        read = parse_line if thorough else parse_line_head
        return [
            place
            for path in self.list_files()
            for place, text in _iter_lines(path, 0)
            if not read(text) and not _is_damaged_mark(text)
        ]

    def read_at(self, file: str, offset: int) -> ChangeRecord | RecordState | None:
        """Return the log line that begins at a byte offset, or None if no line begins there."""
        first = next(self.read_lines(file, offset), None)
        return first[1] if first and first[0].offset == offset else None

    def list_files(self) -> list[Path]:
        """Return the paths of the log files, oldest first."""
        return sorted(self._folder.glob("[0-9]*-[0-9]*.jsonl"))

    def _sync_folders(self, path: Path) -> None:
        """Sync the folders above a log file the first time that it is synced by this process."""
        if path not in self._synced:
            for folder in (self._folder, *self._folder.parents[:2]):  # `status` may be new, too
                atomic_files.sync_folder(folder)
            self._synced.add(path)


def _append_bytes(handle: int, data: bytes) -> None:
    end = os.fstat(handle).st_size
    if end and os.pread(handle, 1, end - 1) != b"\n":
        end = _end_of_last_line(handle, end)
        os.ftruncate(handle, end)
    try:
        atomic_files.write_at(handle, data, end)
    except OSError:
        os.ftruncate(handle, end)
        raise


def _end_of_last_line(handle: int, end: int) -> int:
    """Return the byte offset after the last complete line of a log file of `end` bytes."""
    while end:
        start = max(0, end - _TAIL_SIZE)
        if (place := os.pread(handle, end - start, start).rfind(b"\n")) >= 0:
            return start + place + 1
        end = start
    return 0


def _parse_lines(
    path: Path, offset: int
) -> Iterator[tuple[LinePosition, ChangeRecord | RecordState]]:
    for place, text in _iter_lines(path, offset):
        if line := parse_line(text):
            yield place, line


def _iter_lines(path: Path, offset: int) -> Iterator[tuple[LinePosition, bytes]]:
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        stream.seek(offset)
        for text in stream:
            start, offset = offset, offset + len(text)
            if text.endswith(b"\n"):
                yield LinePosition(path.name, start, offset), text


def _is_damaged_mark(text: bytes) -> bool:
    """Return True if a damaged log line contained only state marks, which are not synced.

    A power loss may leave zeros in place of some of them.
    """
    left = text.replace(b"\0", b"").strip()
    ends = any(end.endswith(left[-len(end) :]) for end in _MARK_ENDS)
    return text.startswith(_MARK_START) or (b"\0" in text and ends and len(left) <= _MAX_MARK_PARTS)


def merge_logs(log: Path, other: Path) -> None:
    """Append the lines of the change log `other` that are missing in `log`.

    The caller has locked `log` exclusively. A record in both logs keeps the version of `log`, where
    it may have been pruned since. If the process is killed, the log is intact, and merging again
    completes the work.
    """
    keys = {_line_key(text) for text in _whole_lines(log)} if log.exists() else set()
    with log.open("ab") as stream:
        os.ftruncate(stream.fileno(), sum(map(len, _whole_lines(log))))
        for text in _whole_lines(other):
            if _line_key(text) not in keys:
                stream.write(text)
        stream.flush()
        atomic_files.sync_data(stream.fileno())
    atomic_files.sync_folder(log.parent)


def _whole_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from (text for text in stream if text.endswith(b"\n"))


def _line_key(text: bytes) -> tuple[str, ...] | bytes:
    """Return the key that identifies a log line; a damaged line is its own key."""
    line = parse_line(text)
    if isinstance(line, RecordState):
        return (line.id, line.mark)
    return (line.id,) if line else text
