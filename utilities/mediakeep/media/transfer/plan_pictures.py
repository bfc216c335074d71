"""Decide which pictures a new file gets, and in which order."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mediakeep.media import pictures as picture_files
from mediakeep.media.audio import formats
from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.mutagen_tags.save_items import MP4_COVER_FORMATS
from mediakeep.media.mutagen_tags.tag_items import TagPicture
from mediakeep.media.transfer.model import FieldNotTransferred

_LINK_MIME = "-->"  # the data is a URL
_MAX_FLAC_BLOCK = (1 << 24) - 1  # bytes, with a header of at least 32
_MAX_OGG_PICTURE = 32 << 20  # bytes; in Base64, our reader reads it
_TYPE_NAMES = {3: "Front cover", 4: "Back cover", 5: "Leaflet", 6: "Media", 8: "Artist"}

_Planned = tuple[tuple[TagPicture, ...], list[FieldNotTransferred]]


def plan_pictures(found: Iterable[TagPicture], kind: str) -> _Planned:
    """Return the pictures to store in a file of a format, front covers first, and what is lost."""
    ordered = sorted(found, key=lambda picture: picture.type != FRONT_COVER_TYPE)
    if kind == formats.MP4.name:
        return _plan_covers(ordered)
    if kind in (formats.MP3.name, formats.WAV.name):
        return _plan_frames(ordered)
    limit = _MAX_FLAC_BLOCK if kind == formats.FLAC.name else _MAX_OGG_PICTURE
    kept = [one for one in ordered if _block_size(one) <= limit]
    lost = [_lost(one, "it is too large") for one in ordered if one not in kept]
    return tuple(kept), lost


def _plan_covers(ordered: list[TagPicture]) -> _Planned:
    """Return the pictures for MP4, which has neither their types nor descriptions."""
    kept, lost = list[TagPicture](), list[FieldNotTransferred]()
    for picture in ordered:
        mime = detect_mime(picture)
        if mime not in MP4_COVER_FORMATS:
            lost.append(_lost(picture, "MP4 stores JPEG, PNG and BMP pictures only"))
            continue
        kept.append(TagPicture(FRONT_COVER_TYPE, mime, "", picture.data))
        if picture.type != FRONT_COVER_TYPE:
            name = _TYPE_NAMES.get(picture.type, str(picture.type))
            lost.append(FieldNotTransferred("type of a picture", "MP4 has no types", (name,)))
        if picture.description:
            reason = "MP4 has no descriptions of pictures"
            lost.append(
                FieldNotTransferred("description of a picture", reason, (picture.description,))
            )
    return tuple(kept), lost


def _plan_frames(ordered: list[TagPicture]) -> _Planned:
    """Return the pictures for ID3, each with a description of its own, as ID3 requires."""
    kept, lost, used = list[TagPicture](), list[FieldNotTransferred](), set[str]()
    for picture in ordered:
        description = picture.description
        if description in used:
            description = _free_description(picture, used)
            if picture.description:
                reason = f"ID3 requires different descriptions; it is now {description!r}"
                lost.append(
                    FieldNotTransferred("description of a picture", reason, (picture.description,))
                )
        used.add(description)
        kept.append(msgspec.structs.replace(picture, description=description))
    return tuple(kept), lost


def _free_description(picture: TagPicture, used: set[str]) -> str:
    name = picture.description or _TYPE_NAMES.get(picture.type, "Picture")
    numbered = (f"{name} ({number})" for number in range(2, len(used) + 3))
    return name if name not in used else next(one for one in numbered if one not in used)


def detect_mime(picture: TagPicture) -> str:
    """Return the MIME type of the data; that in a tag may be wrong."""
    if picture.mime == _LINK_MIME:
        return picture.mime
    return picture_files.identify_picture(
        lambda offset, size: picture.data[offset : offset + size]
    )[0]


def _block_size(picture: TagPicture) -> int:
    return 32 + len(picture.mime) + len(picture.description.encode()) + len(picture.data)


def _lost(picture: TagPicture, reason: str) -> FieldNotTransferred:
    name = _TYPE_NAMES.get(picture.type, f"type {picture.type}")
    return FieldNotTransferred(f"picture ({name})", reason, (f"{len(picture.data)} bytes",))
