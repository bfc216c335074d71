"""The log of a session: its last lines, also if it was compressed."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.errors import NoSuchItem, Unreadable
from mediakeep.queue import sessions

_MAX_LOG = 4 << 20  # bytes of a log, its last ones


def read_log(folder: Path, session: str, most: int) -> list[dict[str, Any]]:
    """Return the last lines of a session's log; raise NoSuchItem or Unreadable."""
    path = folder / sessions.LOG_FOLDER / f"{session}.log"
    if not sessions.match_session_name(path):
        raise NoSuchItem("session", session, "")
    packed = path.with_name(f"{path.name}.gz")
    try:
        with gzip.open(packed) if packed.exists() else path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _MAX_LOG))
            data = stream.read()
    except FileNotFoundError as error:
        raise NoSuchItem("log", session, "") from error
    except (OSError, EOFError, zlib.error) as error:  # such as a truncated archive
        fix = "Restore it from a backup, or delete it."
        raise Unreadable(path_text.escape_path(packed), str(error), fix) from error
    return [_decode_line(line) for line in data.splitlines()[-most:]]


def _decode_line(line: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {"message": path_text.to_printable(line.decode(errors="replace"))}
