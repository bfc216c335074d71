"""The log of alerts, status/alerts.log: the alerts raised, and the result of each delivery.

It has one JSON object per line, as in a session log: time, level, message, facts. A mark identifies
an alert, so that it is not raised twice. Above 256 KiB the older half is removed.
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
_MAX_SIZE = 1 << 18  # bytes


def log_path(home: Path) -> Path:
    """Return the path of the alert log of a home."""
    return home / "status" / FILE


def append_entry(path: Path, message: str, level: str = "info", /, **facts: Any) -> None:
    """Append a line; raise OSError if that fails."""
    with atomic_files.exclusive_lock(path.with_name(LOCK)):
        _append_line(path, _encode_line(message, level, facts))


def run_once(path: Path, mark: str, act: Callable[[], None], message: str, /, **facts: Any) -> None:
    """Call `act` and append a line with a mark, unless there is a line with this mark already.

    After a kill between the two there is no mark, so it is done twice rather than never.
    """
    with atomic_files.exclusive_lock(path.with_name(LOCK)):
        if b'"mark":' + msgspec.json.encode(mark) not in _read_tail(path, 2 * _MAX_SIZE):
            act()
            _append_line(path, _encode_line(message, "info", {"mark": mark, **facts}))


def _encode_line(message: str, level: str, facts: dict[str, Any]) -> bytes:
    event = {"time": clock.format_iso(clock.now()), "level": level, "message": message}
    return msgspec.json.encode({**event, **facts, **event}) + b"\n"


def _append_line(path: Path, line: bytes) -> None:
    """Append a line, after a newline if a crash tore the last one."""
    last = _read_tail(path, 1)
    with path.open("ab") as stream:
        stream.write(line if last in (b"", b"\n") else b"\n" + line)
        size = stream.tell()
    if size > _MAX_SIZE:
        atomic_files.write_atomic(
            path, _read_tail(path, _MAX_SIZE // 2).partition(b"\n")[2], sync=False
        )


def _read_tail(path: Path, count: int) -> bytes:
    """Return the last bytes of a file, b"" if there is no file."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - count))
            return stream.read(count)
    except FileNotFoundError:
        return b""
