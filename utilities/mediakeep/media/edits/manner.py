"""How tags are written, as a person has set it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Beside(StrEnum):
    """What becomes of further tags in the same file, such as ID3v1 behind ID3v2."""

    UPDATE = "update"
    LEAVE = "leave"
    REMOVE = "remove"


class Version(StrEnum):
    """The version that an ID3v2 tag has once it is changed."""

    KEEP = "keep"
    OLD = "2.3"
    NEW = "2.4"

    def after(self, version: int) -> int:
        """Return the version that follows on that of a tag."""
        return version if self is Version.KEEP else int(self.value[-1])


class Manner(msgspec.Struct, frozen=True):
    """What becomes of tags when they are written, but for what they hold."""

    beside: Beside = Beside.UPDATE
    id3: Version = Version.KEEP


USUAL = Manner()
