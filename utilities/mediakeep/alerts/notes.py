"""The log of alerts, status/alerts.log: what was raised, and what became of each delivery.

One JSON object a line, as in a session log: time, level, message, facts. A mark tells alerts apart,
so that none is raised twice. Above a quarter of a megabyte the older half goes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import clock, files

FILE = "alerts.log"
LOCK = "alerts.lock"
_MOST = 1 << 18  # bytes


def place(home: Path) -> Path:
    """Return where a home's log of alerts lies."""
    return home / "status" / FILE


def add(path: Path, message: str, level: str = "info", /, **facts: Any) -> None:
    """Add a line; OSError where the disk refuses."""
    with files.locked(path.with_name(LOCK)):
        _append(path, _line(message, level, facts))


def once(path: Path, mark: str, act: Callable[[], None], message: str, /, **facts: Any) -> None:
    """Do something and add a line that bears a mark, unless one that bears it stands there already.

    A kill between the two leaves no mark, so that it is done again rather than never.
    """
    with files.locked(path.with_name(LOCK)):
        if b'"mark":' + msgspec.json.encode(mark) not in _tail(path, 2 * _MOST):
            act()
            _append(path, _line(message, "info", {"mark": mark, **facts}))


def _line(message: str, level: str, facts: dict[str, Any]) -> bytes:
    event = {"time": clock.text(clock.now()), "level": level, "message": message}
    return msgspec.json.encode({**event, **facts, **event}) + b"\n"


def _append(path: Path, line: bytes) -> None:
    """Add a line; nothing is left of one that a crash tore, as it ends where the next begins."""
    old = _tail(path, 1)
    with path.open("ab") as stream:
        stream.write(line if old in (b"", b"\n") else b"\n" + line)
        size = stream.tell()
    if size > _MOST:
        files.write_atomic(path, _tail(path, _MOST // 2).partition(b"\n")[2], sync=False)


def _tail(path: Path, count: int) -> bytes:
    """Return the last bytes of a file, none where there is no file."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - count))
            return stream.read(count)
    except FileNotFoundError:
        return b""
