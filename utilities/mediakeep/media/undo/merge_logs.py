"""Merge two change logs: append the missing lines, and lose none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mediakeep import atomic_files
from mediakeep.media.undo.record import RecordState, parse_line


def merge(log: Path, other: Path) -> None:
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
