"""Tag items and pictures of an audio file, independent of its format."""

from __future__ import annotations

from typing import Any

import msgspec

UNKNOWN_LANGUAGE = "XXX"  # in ID3v2


class TagItem(msgspec.Struct, frozen=True):
    """The values of one tag field: a native name, or a field name after conversion.

    `description` and `language` tell several comments, lyrics or ratings apart. `frame` is what
    mutagen read, if only a file of the same tag format can store it.
    """

    name: str
    values: tuple[str, ...] = ()
    description: str = ""
    language: str = ""
    frame: Any = None


class TagPicture(msgspec.Struct, frozen=True):
    """A picture with its ID3 picture type, MIME type, description and bytes."""

    type: int
    mime: str
    description: str
    data: bytes


class NativeTagItems(msgspec.Struct, frozen=True):
    """All items and pictures that mutagen reads in the main tag of a file.

    `tag_format` is the naming scheme of the names, one of `normalize_tags.TAG_FORMATS`.
    """

    tag_format: str
    items: tuple[TagItem, ...] = ()
    pictures: tuple[TagPicture, ...] = ()


class FileItems(msgspec.Struct, frozen=True):
    """The items and pictures to store in a file, by native names."""

    items: tuple[TagItem, ...] = ()
    pictures: tuple[TagPicture, ...] = ()
