"""The alert log, status/alerts.log: which alerts were raised, and how each delivery ended.

Each line is a JSON object with time, level, message and facts. A line may contain a mark that
identifies its alert, so that the alert is not raised twice. When the log exceeds 256 KiB, its older
half is removed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, clock

FILE = "alerts.log"
LOCK = "alerts.lock"
_MAX_SIZE = 1 << 18  # maximum size of the log in bytes


def log_path(home: Path) -> Path:
    """Return the path of the alert log below mediakeep's home folder."""
    return home / "status" / FILE


def append_entry(path: Path, message: str, level: str = "info", /, **facts: Any) -> None:
    """Append a line to the alert log; raise OSError if that fails."""
    with atomic_files.exclusive_lock(path.with_name(LOCK)):
        _append_line(path, _encode_line(message, level, facts))


def run_once_per_mark(
    path: Path, mark: str, action: Callable[[], None], message: str, /, **facts: Any
) -> None:
    """Call `action` and log it under a mark, unless the log contains this mark already.

    If the process is killed after the call but before the log entry, the next run calls `action`
    again.
    """
    with atomic_files.exclusive_lock(path.with_name(LOCK)):
        if b'"mark":' + msgspec.json.encode(mark) not in _read_tail(path, 2 * _MAX_SIZE):
            action()
            _append_line(path, _encode_line(message, "info", {"mark": mark, **facts}))


def _encode_line(message: str, level: str, facts: dict[str, Any]) -> bytes:
    event = {"time": clock.format_iso(clock.now()), "level": level, "message": message}
    return msgspec.json.encode({**event, **facts, **event}) + b"\n"


def _append_line(path: Path, line: bytes) -> None:
    """Append a line to a file; if a crash left the last line incomplete, start a new line first."""
    last = _read_tail(path, 1)
    with path.open("ab") as stream:
        stream.write(line if last in (b"", b"\n") else b"\n" + line)
        size = stream.tell()
    if size > _MAX_SIZE:
        atomic_files.write_atomic(
            path, _read_tail(path, _MAX_SIZE // 2).partition(b"\n")[2], sync=False
        )


def _read_tail(path: Path, count: int) -> bytes:
    """Return the last `count` bytes of a file, or b"" if the file does not exist."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - count))
            return stream.read(count)
    except FileNotFoundError:
        return b""
