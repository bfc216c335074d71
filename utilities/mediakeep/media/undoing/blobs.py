"""Content-addressed storage: pictures and long records, stored once under their SHA-256."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from mediakeep import files
from mediakeep.errors import RecordNotWritten, StateDamaged


class Blobs:
    """The blobs of a store, each in a file `ab/abcdef...` named by its SHA-256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._synced: set[str] = set()  # in this process

    def keep(self, data: bytes, name: str = "") -> str:
        """Write and sync a blob, unless it exists, and return its name."""
        name = name or sha256(data).hexdigest()
        path = self._path(name)
        if name not in self._synced or not path.is_file():  # it may have been pruned
            try:
                if path.is_file() and path.stat().st_size == len(data):
                    files.sync_folder(path.parent)  # its writer may have been killed before
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
        """Return a blob; raise StateDamaged if it is missing or does not match its name."""
        path = self._path(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StateDamaged(
                f"The undo record {path} cannot be read: {error.strerror}."
            ) from error
        if sha256(data).hexdigest() != name:
            raise StateDamaged(
                f"The undo record {path} is damaged: its SHA-256 differs from its name."
            )
        return data

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name
