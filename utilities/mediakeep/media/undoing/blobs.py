"""Bytes that are kept once, under their own SHA-256: pictures, and records that are long."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from mediakeep import files
from mediakeep.errors import RecordNotWritten, StateDamaged


class Blobs:
    """The blobs of a store, `ab/abcdef...` each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._synced: set[str] = set()  # in this process

    def keep(self, data: bytes, name: str = "") -> str:
        """Write a blob, unless it is there, and return its name; synced when this returns."""
        name = name or sha256(data).hexdigest()
        path = self._path(name)
        if name not in self._synced or not path.is_file():  # a pruning may have taken it
            try:
                if path.is_file() and path.stat().st_size == len(data):
                    files.sync_folder(path.parent)  # whoever wrote it may not have come so far
                else:
                    files.write_atomic(path, data)
                files.sync_folder(self._folder)
                if not self._synced:
                    files.sync_folder(self._folder.parent)  # the folder may be new, too
            except OSError as error:
                raise RecordNotWritten(path, error.strerror or error) from error
            self._synced.add(name)
        return name

    def read(self, name: str) -> bytes:
        """Return a blob; StateDamaged where it is missing or is not what its name says."""
        path = self._path(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StateDamaged(
                f"The undo record {path} cannot be read: {error.strerror}."
            ) from error
        if sha256(data).hexdigest() != name:
            raise StateDamaged(f"The undo record {path} is damaged: it is not what its name says.")
        return data

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name
