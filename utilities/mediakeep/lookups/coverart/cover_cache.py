"""Cache of downloaded covers: files in `status/cache/covers/`, removed after use.

A used cover is marked by its mtime and removed an hour later. Until then, another process that
works on another copy of the album may need it.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from mediakeep import atomic_files
from mediakeep.errors import NoCache

SUFFIX_BY_MIME_TYPE = {"image/jpeg": ".jpg", "image/png": ".png"}
UNUSED_LIFETIME = 30 * 86400.0  # seconds after which an unused picture is removed
USED_LIFETIME = 3600.0  # seconds after which a used one is
_USED_MTIME = 0  # mtime of a used picture


class CoverCache:
    """Downloaded covers by size and by the MBID of their release or release group."""

    def __init__(self, caches: Path) -> None:
        self.folder = caches / "covers"

    def find_cover(self, mbid: str, size: str) -> Path | None:
        """Return the path of a cached cover, or None if it is not cached."""
        for path in (
            self.folder / f"{mbid}-{size}{suffix}" for suffix in SUFFIX_BY_MIME_TYPE.values()
        ):
            try:
                os.utime(path)  # no longer marked as used
            except OSError:
                continue
            return path
        return None

    def mark_used(self, path: Path) -> None:
        """Mark a cached cover as used, so that it is removed an hour later."""
        with contextlib.suppress(OSError):
            os.utime(path, (_USED_MTIME, _USED_MTIME))

    def store(self, mbid: str, size: str, mime: str, content: bytes) -> Path:
        """Store a downloaded cover and return its path; raise NoCache if it cannot be written."""
        path = self.folder / f"{mbid}-{size}{SUFFIX_BY_MIME_TYPE[mime]}"
        try:
            atomic_files.write_atomic(path, content)
        except OSError as error:
            raise NoCache(self.folder, error.strerror) from error
        return path

    def remove_expired(self, older: float = UNUSED_LIFETIME, used: float = USED_LIFETIME) -> None:
        """Remove unused covers after `older` seconds, and used covers after `used` seconds."""
        if not self.folder.is_dir():
            return
        atomic_files.remove_stale_temp_files(self.folder)
        for path in self.folder.glob("*-*.*"):
            with contextlib.suppress(FileNotFoundError):
                facts = path.stat()
                is_used = facts.st_mtime == _USED_MTIME
                since, longest = (facts.st_ctime, used) if is_used else (facts.st_mtime, older)
                if time.time() - since > longest:
                    path.unlink()
