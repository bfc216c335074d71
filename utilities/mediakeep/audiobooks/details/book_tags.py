"""Write the tags and the cover of a book with mutagen, as audiobook players read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep.media import pictures
from mediakeep.media.audio import formats
from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.mutagen_tags.tag_items import FileItems, TagItem, TagPicture

_AUDIOBOOK = "2"  # iTunes' media kind
_MAX_MOVEMENT = 32_767  # of the 16 bits in its atom
_FREEFORM = "----:com.apple.iTunes:"


class BookDetails(msgspec.Struct, frozen=True):
    """The tags of a book, "" for those that are unknown; `cover` is a JPEG or PNG, or b""."""

    title: str
    author: str = ""
    narrator: str = ""
    series: str = ""
    part: str = ""
    year: str = ""
    genre: str = "Audiobook"
    description: str = ""
    language: str = ""
    cover: bytes = b""


def write_tags(path: Path, details: BookDetails) -> None:
    """Replace the tags of an M4B that is not published yet.

    Raises ValueError if the cover is neither JPEG nor PNG, and OSError.
    """
    found = [(name, value) for name, value in _list_items(details) if value]
    items = tuple(TagItem(name, (value,)) for name, value in found)
    covers = (_to_picture(details.cover),) if details.cover else ()
    adapter.save_items(path, formats.MP4.name, FileItems(items, covers))


def _list_items(details: BookDetails) -> Iterator[tuple[str, str]]:
    yield "\xa9nam", details.title
    yield "\xa9alb", details.title
    yield "\xa9ART", details.author
    yield "aART", details.author
    yield "\xa9wrt", details.narrator  # the composer is where players look for it
    yield "\xa9day", details.year
    yield "\xa9gen", details.genre
    yield "desc", details.description
    yield "ldes", details.description
    yield "stik", _AUDIOBOOK
    yield "pgap", "1"
    if details.series:
        yield "\xa9mvn", details.series
        yield "shwm", "1"
        yield _FREEFORM + "SERIES", details.series
        yield _FREEFORM + "SERIES-PART", details.part
        if details.part.isdecimal() and int(details.part) <= _MAX_MOVEMENT:
            yield "\xa9mvi", details.part


def _to_picture(cover: bytes) -> TagPicture:
    mime, _, _ = pictures.identify_picture(lambda offset, size: cover[offset : offset + size])
    if mime not in ("image/jpeg", "image/png"):
        raise ValueError("the cover is neither JPEG nor PNG")
    return TagPicture(FRONT_COVER_TYPE, mime, "", cover)
