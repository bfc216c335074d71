"""Cache of downloaded covers: files in `status/cache/covers/`, removed after use.

A used cover is marked by its mtime and removed an hour later; until then another process that works
on another copy of the album may need it.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from mediakeep import files
from mediakeep.errors import NoCache

SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}
OLD = 30 * 86400.0  # seconds after which an unused picture is removed
USED = 3600.0  # seconds after which a used one is
_MARK = 0  # mtime of a used picture


class Gallery:
    """Cached covers by the MBID of their release or release group, and their size."""

    def __init__(self, caches: Path) -> None:
        self.folder = caches / "covers"

    def find(self, mbid: str, size: str) -> Path | None:
        """Return the file of a cached cover, or None."""
        for path in (self.folder / f"{mbid}-{size}{suffix}" for suffix in SUFFIXES.values()):
            try:
                os.utime(path)  # no longer marked as used
            except OSError:
                continue
            return path
        return None

    def leave(self, path: Path) -> None:
        """Mark a cover as used, so that it is removed soon."""
        with contextlib.suppress(OSError):
            os.utime(path, (_MARK, _MARK))

    def keep(self, mbid: str, size: str, mime: str, content: bytes) -> Path:
        """Store a cover and return its file; raise NoCache if it cannot be written."""
        path = self.folder / f"{mbid}-{size}{SUFFIXES[mime]}"
        try:
            files.write_atomic(path, content)
        except OSError as error:
            raise NoCache(self.folder, error.strerror) from error
        return path

    def sweep(self, older: float = OLD, used: float = USED) -> None:
        """Remove unused covers after `older` seconds, and used ones after `used` seconds."""
        if not self.folder.is_dir():
            return
        files.sweep(self.folder)
        for path in self.folder.glob("*-*.*"):
            with contextlib.suppress(FileNotFoundError):
                facts = path.stat()
                is_used = facts.st_mtime == _MARK
                since, longest = (facts.st_ctime, used) if is_used else (facts.st_mtime, older)
                if time.time() - since > longest:
                    path.unlink()
