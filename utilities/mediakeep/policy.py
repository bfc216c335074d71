"""What a person has set about writing to the files of a library."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Fix(StrEnum):
    """How much a batch may repair by itself."""

    NONE = "none"
    SAFE = "safe"


class Policy(msgspec.Struct, frozen=True):
    """What may be written to a person's files, and how.

    `locked` are fields that are left alone; `hardlinks` is "refuse" or "break"; `other_tags` says
    what becomes of tags beside the main ones, such as ID3v1: "update", "leave" or "remove".
    """

    fix: Fix = Fix.NONE
    redo: bool = False  # make changes again that were taken back
    locked: frozenset[str] = frozenset()
    hardlinks: str = "refuse"
    other_tags: str = "update"
    keep_mtime: bool = False


HANDS_OFF = Policy()
