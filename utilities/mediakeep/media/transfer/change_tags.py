"""Change the tags and pictures of a source for its new file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from mediakeep.errors import DecodingFailed
from mediakeep.media import open_file, picture_conversion
from mediakeep.media import pictures as picture_files
from mediakeep.media.audio import formats
from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.mutagen_tags.save_items import MP4_COVER_FORMATS
from mediakeep.media.mutagen_tags.tag_items import TagItem, TagPicture
from mediakeep.media.transfer import field_map, plan_pictures
from mediakeep.media.transfer.model import AllTags, FieldNotTransferred, TagChanges

_JPEG = "image/jpeg"


def apply_changes(found: AllTags, changes: TagChanges) -> AllTags:
    """Return the tags of a source with those that its new file gets besides."""
    names = {item.name.casefold() for item in changes.replaced}
    kept = [item for item in found.items if item.name.casefold() not in names]
    items = (*kept, *changes.replaced, *find_missing_items(found, changes.filled))
    pictures = found.pictures
    if changes.cover and not pictures:
        cover = read_cover(changes.cover)
        pictures = (cover,) if cover.mime else ()
    return msgspec.structs.replace(found, items=items, pictures=pictures)


def find_missing_items(found: AllTags, wanted: Iterable[TagItem]) -> list[TagItem]:
    """Return the wanted tags for which a source has no value."""
    present = {field_map.identity(item.name) for item in found.items}
    return [item for item in wanted if field_map.identity(item.name) not in present]


def read_cover(path: Path) -> TagPicture:
    """Return a file as a front cover; its MIME type is "" if it is no picture."""
    with open_file.open_regular_file(path) as file:
        data = file.read()
    mime = picture_files.identify_picture(lambda at, size: data[at : at + size])[0]
    return TagPicture(FRONT_COVER_TYPE, mime, "", data)


def convert_pictures(
    found: Iterable[TagPicture], kind: str
) -> tuple[tuple[TagPicture, ...], list[FieldNotTransferred]]:
    """Convert pictures that a format cannot store to JPEG; return all, and a note on each.

    One that cannot be converted stays as it is.
    """
    converted, notes = list[TagPicture](), list[FieldNotTransferred]()
    for picture in found:
        mime = plan_pictures.detect_mime(picture)
        if kind == formats.MP4.name and mime not in MP4_COVER_FORMATS:
            try:
                data = picture_conversion.convert_to_jpeg(picture.data)
            except DecodingFailed:
                converted.append(picture)
                continue
            picture = msgspec.structs.replace(picture, mime=_JPEG, data=data)
            reason = "MP4 stores JPEG, PNG and BMP pictures only; it is a JPEG now"
            notes.append(FieldNotTransferred("format of a picture", reason, (mime,)))
        converted.append(picture)
    return tuple(converted), notes
