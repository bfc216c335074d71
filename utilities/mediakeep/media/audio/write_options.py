"""The user's options for writing tags."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class OtherTags(StrEnum):
    """What a tag write does with other tags in the same file, such as ID3v1 next to ID3v2."""

    UPDATE = "update"
    LEAVE = "leave"
    REMOVE = "remove"


class Id3Version(StrEnum):
    """The ID3v2 version in which a tag is written."""

    KEEP = "keep"
    OLD = "2.3"
    NEW = "2.4"

    def version_after(self, version: int) -> int:
        """Return the ID3v2 version to write for a tag of the given version."""
        return version if self is Id3Version.KEEP else int(self.value[-1])


class TagWriteOptions(msgspec.Struct, frozen=True):
    """The user's options for writing tags, apart from the tag values."""

    other_tags: OtherTags = OtherTags.UPDATE
    id3: Id3Version = Id3Version.KEEP


DEFAULT_OPTIONS = TagWriteOptions()
