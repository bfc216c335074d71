"""The policy for writing to files of the media library."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class FixLevel(StrEnum):
    """Which repairs a batch run makes automatically."""

    NONE = "none"
    SAFE = "safe"
    MATCHED = "matched"  # also values that differ from a certain match


class WritePolicy(msgspec.Struct, frozen=True):
    """What may be written to library files, and how.

    Locked fields are never changed. `hardlinks` is "refuse" or "break"; `links` is "follow";
    "read" if files behind symbolic links are not written; or "refuse" if none outside of the
    library is read, either. `other_tags` is how to treat
    secondary tags, such as ID3v1: "update", "leave" or "remove". `cover_art` is where downloaded
    covers go: "none", "embed", "file" or "both"; `cover_size` is "500", "1200" (pixels)
    or "full". `id3` is the ID3 version written to MP3 files: "keep", "2.3" or "2.4". `nfo` is how
    to treat an NFO that cannot be read: "keep" or "set-aside".
    """

    fix: FixLevel = FixLevel.NONE
    redo: bool = False  # repeat changes that were undone
    locked_fields: frozenset[str] = frozenset()
    hardlinks: str = "refuse"
    links: str = "follow"
    other_tags: str = "update"
    keep_mtime: bool = False
    cover_art: str = "embed"
    cover_size: str = "1200"
    id3: str = "keep"
    nfo: str = "keep"


READ_ONLY = WritePolicy()
LINK_REASON = "a link leads to it in {}, and the setting links is {}"
