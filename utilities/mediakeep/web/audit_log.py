"""The audit log, status/web/audit.jsonl: who did what, when and from where.

A line is written before an action, and another with its HTTP status after it.
"""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, clock
from mediakeep.web import access

FILE = f"{access.FOLDER}/audit.jsonl"
_MAX_BYTES, _KEPT_FILES = 4 << 20, 5


class AuditLog:
    """The audit log of a home; the file is created with its first line."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._handler: RotatingFileHandler | None = None

    def write(self, **facts: Any) -> None:
        """Append a line with the time; raise OSError if it cannot be written."""
        if self._handler is None:
            atomic_files.make_folder(self._path.parent)
            self._handler = _AuditHandler(
                self._path, maxBytes=_MAX_BYTES, backupCount=_KEPT_FILES, encoding="utf-8"
            )
        line = msgspec.json.encode({"time": clock.format_iso(clock.now()), **facts}).decode()
        self._handler.handle(logging.makeLogRecord({"msg": line}))

    def close(self) -> None:
        if self._handler:
            self._handler.close()


class _AuditHandler(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802
        """Raise the error again: without a line in the log nothing is done."""
        raise
