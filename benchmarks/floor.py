"""The floor under every durable record: bytes written to a file, and brought to the disk."""

from __future__ import annotations

import os
from pathlib import Path

from mediakeep import atomic_files

_ROOM = 1 << 20


class Appended:
    """A file that grows with every write, as the simplest log does."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)

    def write(self, data: bytes) -> None:
        """Write bytes behind the others, and bring them to the disk."""
        os.write(self._handle, data)
        atomic_files.sync_data(self._handle)


class InPlace:
    """A file whose size never changes: the least that the disk can ask for."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
        os.write(self._handle, bytes(_ROOM))
        os.fsync(self._handle)
        self._offset = 0

    def write(self, data: bytes) -> None:
        """Write bytes over others, and bring them to the disk."""
        if self._offset + len(data) > _ROOM:
            self._offset = 0
        os.pwrite(self._handle, data, self._offset)
        atomic_files.sync_data(self._handle)
        self._offset += len(data)
