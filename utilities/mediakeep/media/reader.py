"""How a scan gets at what is in files: read anew, or known from before (`seen.Index`)."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from mediakeep.media import pictures, tags
from mediakeep.media.tags import Reading


class Reader(Protocol):
    """Reads files that a scan has listed; `facts` is what the listing said of each."""

    def expect(self, folder: tuple[int, int], files: Collection[os.stat_result], /) -> None:
        """Hear of all the files of an artist, before the first of them is asked for.

        The folder is told by its device and inode.
        """

    def track(self, path: str, facts: os.stat_result | None, /) -> Reading:
        """Read an audio file, as `tags.read` does."""

    def image(self, path: str, facts: os.stat_result | None, /) -> pictures.Seen:
        """Describe a picture file, as `pictures.of_file` does."""


class Direct:
    """Reads every file anew, whatever the listing said."""

    def expect(self, _folder: tuple[int, int], _files: Collection[os.stat_result], /) -> None:
        """Nothing is prepared."""

    def track(self, path: str, _facts: os.stat_result | None, /) -> Reading:
        """Read an audio file."""
        return tags.read(Path(path))

    def image(self, path: str, _facts: os.stat_result | None, /) -> pictures.Seen:
        """Describe a picture file."""
        return pictures.of_file(Path(path))
