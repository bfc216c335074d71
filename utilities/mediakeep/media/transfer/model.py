"""What is carried from one audio file to another, and what is not."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep.media.mutagen_tags.tag_items import TagItem, TagPicture


class AllTags(msgspec.Struct, frozen=True):
    """Every tag of an audio file by field name, and its pictures.

    `format` is the name of the audio format, `tag_format` that of the main tag's naming scheme.
    """

    format: str
    tag_format: str
    items: tuple[TagItem, ...] = ()
    pictures: tuple[TagPicture, ...] = ()


class TagChanges(msgspec.Struct, frozen=True):
    """What a new file gets besides the tags of its source, by field names.

    `replaced` are tags that replace those of the source. `filled` are those for which the source
    has no value. `cover` is a picture to embed if the source has none.
    """

    replaced: tuple[TagItem, ...] = ()
    filled: tuple[TagItem, ...] = ()
    cover: Path | None = None


class TransferredField(msgspec.Struct, frozen=True):
    """A field whose values the new file has, under this native name."""

    field: str
    name: str
    values: tuple[str, ...] = ()


class FieldNotTransferred(msgspec.Struct, frozen=True):
    """A field, picture or part of one that the new file lacks, with the reason as a clause."""

    field: str
    reason: str
    values: tuple[str, ...] = ()


class TransferReport(msgspec.Struct, frozen=True):
    """The result of a transfer of tags and pictures."""

    carried: tuple[TransferredField, ...] = ()
    not_carried: tuple[FieldNotTransferred, ...] = ()
