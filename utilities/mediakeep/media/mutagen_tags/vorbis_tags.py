"""Change Vorbis comments, of FLAC and of Ogg.

Entries that are not to be changed stay as they are stored. mutagen would replace texts that are
not UTF-8.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
from collections import Counter

from mutagen._vorbis import VComment
from mutagen.flac import Picture

from mediakeep.media import pictures
from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.audio.flac.raw_comments import (
    PICTURE_NAME,
    RawComments,
    entry_name,
    is_front_cover,
)
from mediakeep.media.audio.tag_edits import SetCover, TargetTags

TAG_FORMAT = "vorbis"

_VENDOR = b"mediakeep"  # in a file that had no comments


def new_comments() -> RawComments:
    """Return an empty block of comments."""
    return RawComments(_VENDOR, [])


def assign_texts(comments: RawComments, target: TargetTags) -> None:
    """Set the fields of `target`, at the place and with the case that their names have."""
    for name, values in to_native_tags.convert_to_native_tags(
        comments.texts(), TAG_FORMAT, target.texts
    ).items():
        old = [n for n, entry in enumerate(comments.entries) if entry_name(entry) == name]
        at = old[0] if old else len(comments.entries)
        stored_name = comments.entries[at].partition(b"=")[0] if old else name.upper().encode()
        kept = [entry for n, entry in enumerate(comments.entries) if n not in old]
        new = [stored_name + b"=" + text.encode() for text in values]
        comments.entries = [*kept[:at], *new, *kept[at:]]


def replace_front_cover(comments: RawComments, cover: SetCover) -> bool:
    """Replace the first front cover; return False if there is none."""
    for index, old in enumerate(comments.entries):
        if is_front_cover(old):
            comments.entries[index] = _picture_entry(cover)
            return True
    return False


def add_front_cover(comments: RawComments, cover: SetCover) -> None:
    """Append a front cover to the entries."""
    comments.entries.append(_picture_entry(cover))


def build_picture(cover: SetCover) -> bytes:
    """Return the content of a FLAC picture block for a front cover."""
    data = cover.data
    picture = Picture()
    picture.type, picture.data = FRONT_COVER_TYPE, data
    picture.mime = cover.mime.encode("ascii", "replace").decode()
    _, picture.width, picture.height = pictures.identify_picture(
        lambda offset, size: data[offset : offset + size]
    )
    block: bytes = picture.write()
    return block


def read_texts(block: bytes) -> dict[str, list[str]]:
    """Return the texts of a block of comments as mutagen reads them."""
    RawComments.parse(block)  # mutagen sets no limits
    texts: dict[str, list[str]] = {}
    for name, text in VComment(block, framing=False):
        if text:
            texts.setdefault(name.lower(), []).append(text)
    return texts


def find_lost_entries(old: RawComments, new: RawComments, target: TargetTags) -> list[str]:
    """Return the names of entries that are lost although `target` does not change them."""
    changed = to_native_tags.changed_names(target.texts, TAG_FORMAT)
    expected = Counter(entry for entry in old.entries if entry_name(entry) not in changed)
    if target.cover:
        expected -= Counter([entry for entry in old.entries if is_front_cover(entry)][:1])
    lost = expected - Counter(new.entries)
    names = {entry_name(entry) for entry in lost}
    return sorted(names | ({"vendor"} if new.vendor != old.vendor else set()))


def _picture_entry(cover: SetCover) -> bytes:
    return PICTURE_NAME.upper().encode() + b"=" + base64.b64encode(build_picture(cover))
