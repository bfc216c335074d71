"""Covers that were fetched, kept as files in `status/cache/covers/` until they have come to use.

One that has is marked by its time of modification, and removed an hour later: until then another
process, that works on another copy of the album, may have need of it.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from mediakeep import files
from mediakeep.errors import NoCache

SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}
OLD = 30 * 86400.0  # seconds after which a picture is removed that nobody came for
USED = 3600.0  # and one that has come to use
_MARK = 0  # its time of modification


class Gallery:
    """The pictures in a folder of caches, by the MBID of what they are of, and their size."""

    def __init__(self, caches: Path) -> None:
        self.folder = caches / "covers"

    def find(self, mbid: str, size: str) -> Path | None:
        """Return the file of a picture that is kept."""
        for path in (self.folder / f"{mbid}-{size}{suffix}" for suffix in SUFFIXES.values()):
            try:
                os.utime(path)  # it is in need again
            except OSError:
                continue
            return path
        return None

    def leave(self, path: Path) -> None:
        """Mark a picture as one that has come to use."""
        with contextlib.suppress(OSError):
            os.utime(path, (_MARK, _MARK))

    def keep(self, mbid: str, size: str, mime: str, content: bytes) -> Path:
        """Keep a picture, and return its file; NoCache where the disk refuses."""
        path = self.folder / f"{mbid}-{size}{SUFFIXES[mime]}"
        try:
            files.write_atomic(path, content)
        except OSError as error:
            raise NoCache(self.folder, error.strerror) from error
        return path

    def sweep(self, older: float = OLD, used: float = USED) -> None:
        """Remove what nobody came for, or what has come to use, in so many seconds."""
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
