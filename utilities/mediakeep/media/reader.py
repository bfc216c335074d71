"""Read files for a scan, uncached or through a cache (`CachingReader`)."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from mediakeep.media import pictures, tags
from mediakeep.media.tags import Reading


class Reader(Protocol):
    """Reads files that a scan has listed; `facts` is the stat result from the listing."""

    def expect(self, folder: tuple[int, int], files: Collection[os.stat_result], /) -> None:
        """Called once per artist, before its first file is read, with all of its files.

        `folder` is the device and inode of the artist's folder.
        """

    def track(self, path: str, facts: os.stat_result | None, /) -> Reading:
        """Read an audio file, as `tags.read` does."""

    def image(self, path: str, facts: os.stat_result | None, /) -> pictures.Seen:
        """Describe a picture file, as `pictures.of_file` does."""


class Direct:
    """Reads every file from disk."""

    def expect(self, _folder: tuple[int, int], _files: Collection[os.stat_result], /) -> None:
        """Do nothing."""

    def track(self, path: str, _facts: os.stat_result | None, /) -> Reading:
        """Read an audio file."""
        return tags.read(Path(path))

    def image(self, path: str, _facts: os.stat_result | None, /) -> pictures.Seen:
        """Describe a picture file."""
        return pictures.of_file(Path(path))
