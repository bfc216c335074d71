"""What a person has set about writing to the files of a library."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Fix(StrEnum):
    """How much a batch may repair by itself."""

    NONE = "none"
    SAFE = "safe"
    MATCHED = "matched"  # values that differ from a certain match, too


class Policy(msgspec.Struct, frozen=True):
    """What may be written to a person's files, and how.

    `locked` are fields that are left alone; `hardlinks` is "refuse" or "break"; `other_tags` says
    what becomes of tags beside the main ones, such as ID3v1: "update", "leave" or "remove".
    `cover_art` says where covers that are looked up go: "none", "embed", "file" or "both", of which
    `cover_size` is "500", "1200" (pixels) or "full". `id3` is the version that MP3 files are
    written with: "keep", "2.3" or "2.4". `nfo` says what becomes of an NFO that cannot be read:
    "keep" or "set-aside".
    """

    fix: Fix = Fix.NONE
    redo: bool = False  # make changes again that were taken back
    locked: frozenset[str] = frozenset()
    hardlinks: str = "refuse"
    other_tags: str = "update"
    keep_mtime: bool = False
    cover_art: str = "embed"
    cover_size: str = "1200"
    id3: str = "keep"
    nfo: str = "keep"


HANDS_OFF = Policy()
