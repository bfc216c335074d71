"""Covers that were fetched, kept as files in `status/cache/covers/` until they have come to use."""

from __future__ import annotations

import time
from pathlib import Path

from mediakeep import files
from mediakeep.errors import NoCache

SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}
OLD = 30 * 86400.0  # seconds after which a picture is removed that nobody came for


class Gallery:
    """The pictures in a folder of caches, by the MBID of what they are of, and their size."""

    def __init__(self, caches: Path) -> None:
        self.folder = caches / "covers"

    def find(self, mbid: str, size: str) -> Path | None:
        """Return the file of a picture that is kept."""
        paths = (self.folder / f"{mbid}-{size}{suffix}" for suffix in SUFFIXES.values())
        return next((path for path in paths if path.is_file()), None)

    def keep(self, mbid: str, size: str, mime: str, content: bytes) -> Path:
        """Keep a picture, and return its file; NoCache where the disk refuses."""
        path = self.folder / f"{mbid}-{size}{SUFFIXES[mime]}"
        try:
            files.write_atomic(path, content)
        except OSError as error:
            raise NoCache(self.folder, error.strerror) from error
        return path

    def sweep(self, older: float = OLD) -> None:
        """Remove the pictures that nobody came for in so many seconds."""
        if not self.folder.is_dir():
            return
        files.sweep(self.folder)
        for path in self.folder.glob("*-*.*"):
            if time.time() - path.stat().st_mtime > older:
                path.unlink(missing_ok=True)
