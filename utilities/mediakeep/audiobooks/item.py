"""The queue item of an audiobook, and its own settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from mediakeep import path_text
from mediakeep.item import Item, Number

Failure = Literal["", "input", "processing", "output", "system"]


class AudiobookItem(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """A folder of audio files that become one book; all paths are escaped, see `escape_path`.

    `sources` are the folders of a book that is made of several. `options` are the book's own
    settings, which replace those of the command; see `settings.BookOptions`. `failure` says what
    the last attempt failed of.
    """

    file_count: Number = 0
    depth: Number = 0  # of its folder below the library, such as 2 for Author/Book; 0: it was added
    sources: tuple[str, ...] = ()
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    backup_path: str = ""
    output_path: str = ""
    output_sha256: str = ""
    failure: Failure = ""
    metrics: dict[str, float] = msgspec.field(default_factory=dict)

    @property
    def library(self) -> Path | None:
        """The library that the book was found in, or None if it was added."""
        return to_path(self.path).parents[self.depth - 1] if self.depth else None

    @property
    def folders(self) -> list[Path]:
        """The source folders in order."""
        return [to_path(text) for text in self.sources or (self.path,)]


def to_path(text: str) -> Path:
    """Return the path that a field of an item holds."""
    return Path(path_text.unescape_path(text))
