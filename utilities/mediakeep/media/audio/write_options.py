"""The user's options for writing tags."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class OtherTags(StrEnum):
    """What to do with other tags in the same file, such as ID3v1 next to ID3v2."""

    UPDATE = "update"
    LEAVE = "leave"
    REMOVE = "remove"


class Id3Version(StrEnum):
    """The version of an ID3v2 tag after a change."""

    KEEP = "keep"
    OLD = "2.3"
    NEW = "2.4"

    def version_after(self, version: int) -> int:
        """Return the version to write for a tag of the given version."""
        return version if self is Id3Version.KEEP else int(self.value[-1])


class TagWriteOptions(msgspec.Struct, frozen=True):
    """Options for the tag writers, apart from the values."""

    other_tags: OtherTags = OtherTags.UPDATE
    id3: Id3Version = Id3Version.KEEP


DEFAULT_OPTIONS = TagWriteOptions()
